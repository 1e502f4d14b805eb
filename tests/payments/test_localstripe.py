"""The life of a subscription at somebody else's Stripe (create, pay, fail, recover, cancel), by what it signs."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import SkipTest

from django.test import override_settings

from accounts.roles import Role
from accounts.tests.people import person
from billing.models import Invoice, StripeEvent, Subscription, UsageRecord
from billing.services import metering, periods, quota, standing
from billing.services.stripe import catching_up, changes, checkout, inbox, overage
from core.ids import uuid7
from core.testing import TenantTestCase
from tests.payments import localstripe
from tests.payments.case import SECRET, ShopCase, plan, trying
from tests.payments.localstripe import Edge
from tests.payments.shop import Raw

# What the operator chooses in the dashboard, as far as localstripe knows it.
EVENTS = (
    *("customer.created", "customer.updated", "customer.subscription.created", "customer.subscription.deleted"),
    *("invoice.created", "invoice.payment_succeeded", "invoice.payment_failed"),
)
GOOD, BAD = "4242424242424242", "4000000000000341"


class LocalstripeTests(ShopCase):
    shop: Edge

    @classmethod
    def setUpClass(cls) -> None:
        interpreter = localstripe.python()  # first: a class that ends here must not leave a transaction open
        if interpreter is None:
            raise SkipTest("localstripe cannot be installed here")
        running = localstripe.running(interpreter)
        cls.shop = Edge(running.__enter__())
        cls.addClassCleanup(running.__exit__, None, None, None)
        TenantTestCase.setUpClass.__func__(cls)  # type: ignore[attr-defined]
        cls.open()

    def setUp(self) -> None:
        TenantTestCase.setUp(self)
        self.shop.ask("DELETE", "/_config/data")
        for past in (self.shop.kept, self.shop.answered, self.shop.objects):
            past.clear()
        self.shop.hook = f"/hook/{uuid7()}"
        hook = {"url": f"{self.shop.address}{self.shop.hook}", "secret": SECRET}
        events = {f"events[{place}]": name for place, name in enumerate(EVENTS)}
        self.assertEqual(self.shop.ask("POST", "/_config/webhooks/candor", hook | events)[0], 200)
        for code, cents, interval in (("one", 9900, "month"), ("two", 49900, "week")):
            self.shop.post(
                "plans",
                {
                    "id": f"price_{code}",
                    "amount": cents,
                    "currency": "usd",
                    "interval": interval,
                    "product[name]": code,
                },
            )
        terms = {"overage_price_usd": Decimal("1.25"), "most_overage": 50}
        self.one, self.two = plan("one", 99, 100, **terms), plan("two", 499, 1000)
        self.held = trying(self.one)
        Subscription.objects.filter(pk=self.held.pk).update(stripe_customer="")
        self.owner = person(role=Role.OWNER)

    def delivered(self, until: Callable[[], bool]) -> None:
        """Post what localstripe signed into the view, as it came, and follow it, until this is so."""
        for _ in range(100):
            while self.shop.kept:
                body, signature = self.shop.kept.pop(0)
                self.assertEqual(self.post(body, signature), 200)
            for row in StripeEvent.objects.filter(status="owed"):
                inbox.process(event_id=row.pk)
            self.held.refresh_from_db()
            if until():
                return
            time.sleep(0.1)
        told = list(StripeEvent.objects.values_list("type", "status", "error"))
        self.fail(f"{self.held.status} {told}")

    def card(self, number: str) -> None:
        """The customer keeps this card from now on."""
        form: dict[str, Any] = {
            "type": "card",
            "card[number]": number,
            "card[exp_month]": "12",
            "card[exp_year]": "2040",
        }
        made = self.shop.post("payment_methods", form | {"card[cvc]": "123"})
        customer = self.held.stripe_customer
        self.shop.post(f"payment_methods/{made['id']}/attach", {"customer": customer})
        self.shop.post(f"customers/{customer}", {"invoice_settings[default_payment_method]": made["id"]})

    def pay(self, number: str = GOOD) -> Raw:
        """What a person does on Stripe's page: type a company, an address and a card, and buy."""
        checkout.begin(by=self.owner, plan_code="one")
        self.held.refresh_from_db()
        customer = self.held.stripe_customer
        where = {"address[line1]": "Hauptstr. 1", "address[city]": "Berlin", "address[country]": "DE"}
        self.shop.post(f"customers/{customer}", {"name": "Acme GmbH", "email": "bills@acme.example"} | where)
        self.shop.post(f"customers/{customer}/tax_ids", {"type": "eu_vat", "value": "DE123456789"})
        self.card(number)
        rate = self.shop.post("tax_rates", {"display_name": "VAT", "percentage": "19", "inclusive": "false"})
        form = {"customer": customer, "items[0][plan]": "price_one", "default_tax_rates[0]": rate["id"]}
        return self.shop.post("subscriptions", form)

    def test_a_life_create_pay_fail_recover_cancel(self) -> None:
        sold = self.pay()
        self.delivered(lambda: self.held.status == "active" and self.held.invoices.filter(status="paid").exists())

        self.is_paid(sold)
        self.is_charged_beyond(sold)
        self.is_overdue()
        self.goes_on(sold)
        self.ends(sold)

    def is_paid(self, sold: Raw) -> None:
        self.assertEqual(
            (self.held.collection, self.held.plan, self.held.stripe_subscription), ("stripe", self.one, sold["id"])
        )
        bill = self.held.invoices.get()
        self.assertEqual(
            (bill.subtotal_usd, bill.tax_usd, bill.total_usd), (Decimal("99.00"), Decimal("18.81"), Decimal("117.81"))
        )
        self.assertEqual([(line.kind, line.amount_usd) for line in bill.lines.all()], [("plan", Decimal("99.00"))])
        period = periods.current()
        self.assertEqual(int(period.period_start.timestamp()), sold["start_date"])
        self.assertEqual(int(period.period_end.timestamp()), sold["current_period_end"])
        self.assertEqual((self.held.details.company, self.held.details.tax_id), ("Acme GmbH", "DE123456789"))

    def is_charged_beyond(self, sold: Raw) -> None:
        """Overage: an item of the next invoice."""
        period = periods.current()
        metering.record(UsageRecord.Kind.OVERAGE, period=period, key="overage:1", quantity=Decimal(3))
        overage.bill(period_id=period.pk)
        overage.bill(period_id=period.pk)
        next_one = self.shop.post("invoices", {"customer": self.held.stripe_customer, "subscription": sold["id"]})
        self.shop.post(f"invoices/{next_one['id']}/pay", {})
        self.delivered(lambda: Invoice.objects.filter(stripe_id=next_one["id"], status="paid").exists())
        beyond = Invoice.objects.get(stripe_id=next_one["id"]).lines.filter(kind="overage")
        self.assertEqual([(line.amount_usd, line.period) for line in beyond], [(Decimal("3.75"), period)])

    def is_overdue(self) -> None:
        """The card fails at the next charge: everything goes on for a while, then nothing begins any more."""
        self.card(BAD)
        changes.change_now(by=self.owner, code="two", shown="one")
        self.delivered(lambda: self.held.status == "past_due")
        self.assertEqual(self.held.plan, self.two)
        quota.reserve(interview_id=uuid7())
        with self.subTest("the grace is over"):
            standing.stop(self.held, why="payment")
            with self.assertRaises(quota.QuotaExhausted):
                quota.reserve(interview_id=uuid7())

    def goes_on(self, sold: Raw) -> None:
        """Paid after all."""
        self.card(GOOD)
        unpaid = self.shop.ask("GET", f"/v1/subscriptions/{sold['id']}")[1]["latest_invoice"]
        self.shop.post(f"invoices/{unpaid}/pay", {})
        paid = Invoice.objects.filter(stripe_id=unpaid, status="paid")
        self.delivered(lambda: self.held.status == "active" and paid.exists())
        self.assertIsNone(self.held.grace_ends_at)
        quota.reserve(interview_id=uuid7())

    def ends(self, sold: Raw) -> None:
        """Cancelled."""
        changes.cancel_at_end(by=self.owner)
        self.held.refresh_from_db()
        self.assertIsNotNone(self.held.cancels_at)
        self.shop.ask("DELETE", f"/v1/subscriptions/{sold['id']}")
        self.delivered(lambda: self.held.status == "cancelled")
        with self.assertRaises(quota.QuotaExhausted):
            quota.reserve(interview_id=uuid7())
        self.assertEqual(set(StripeEvent.objects.values_list("status", flat=True)), {"done"})
        self.assertEqual(
            catching_up.catch_up(subscription_id=self.held.pk, since=datetime.now(UTC) - timedelta(days=7)), 0
        )

    def test_a_card_that_fails_at_once_begins_nothing(self) -> None:
        self.pay(BAD)

        self.delivered(lambda: StripeEvent.objects.filter(type="customer.subscription.created", status="done").exists())

        self.assertEqual((self.held.status, self.held.stripe_subscription), ("trialing", ""))
        self.assertEqual([bill.status for bill in self.held.invoices.all()], ["open"])

    def test_when_every_message_gets_lost_the_daily_look_comes_to_the_same(self) -> None:
        sold = self.pay()
        self.shop.kept.clear()

        missed = catching_up.catch_up(subscription_id=self.held.pk, since=datetime.now(UTC) - timedelta(days=7))

        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.held.stripe_subscription), ("active", sold["id"]))
        self.assertEqual((missed, self.held.invoices.get().total_usd), (3, Decimal("117.81")))

    def test_its_own_signatures_stop_being_good_with_another_secret_or_body(self) -> None:
        self.pay()
        for _ in range(50):
            if self.shop.kept:
                break
            time.sleep(0.1)
        body, signature = self.shop.kept[0]

        self.assertEqual(self.post(body.replace(b"cus_", b"cuz_"), signature), 400)
        with override_settings(STRIPE_WEBHOOK_SECRET="whsec_other"):  # pragma: allowlist secret
            self.assertEqual(self.post(body, signature), 400)
        self.assertEqual(StripeEvent.objects.count(), 0)
        self.assertEqual(self.post(body, signature), 200)
