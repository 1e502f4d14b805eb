"""Who turns to paying by invoice has no page of Stripe's left; one paid on all the same takes nothing more."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from django.urls import reverse

from accounts.tests.people import platform_admin, signed_in
from billing.models import BillingDetails, StripeEvent, Subscription
from billing.selectors.staff import fingerprint
from billing.services import own_plan, subscriptions
from billing.services.stripe import catching_up, checkout, claim, client
from billing.services.subscriptions import NotNow
from billing.tests.invoiced import BUYER
from compliance.audit.models import AuditEvent
from core import tenancy
from tests.payments.case import UPDATED, WireCase, event, follow, invoice, subscription
from tests.payments.shop import Raw

REASON = "Ticket 4711: agreed with their procurement."


class TwoPayersTests(WireCase):
    def setUp(self) -> None:
        super().setUp()
        BillingDetails.objects.create(subscription=self.held, **BUYER)

    def by_invoice(self) -> Subscription:
        return own_plan.start_by_invoice(by=self.owner, code="one", shown="one")

    def pages(self) -> list[str]:
        return [raw["status"] for raw in self.shop.of("checkout.session")]

    def stands(self) -> tuple[str, str]:
        self.held.refresh_from_db()
        return self.held.status, self.held.collection

    def card(self, **more: Any) -> Raw:
        """What Stripe has once somebody paid on its page."""
        told = {"metadata": {"candor_subscription": str(self.held.pk)}}
        return self.shop.put(subscription(began=datetime.now(UTC) - timedelta(minutes=1), **told | more))

    def test_an_open_page_is_ended_before_an_invoice_is_owed(self) -> None:
        checkout.begin(by=self.owner, plan_code="one")

        self.by_invoice()

        self.assertEqual((self.pages(), self.stands()), (["expired"], ("active", "invoice")))

    def test_one_that_the_staff_begins_too(self) -> None:
        checkout.begin(by=self.owner, plan_code="one")
        with tenancy.enter_platform():
            browser = signed_in(platform_admin(), "admin")
        place = reverse("admin:billing_subscription_act", args=[self.held.pk, "begin"], urlconf="config.urls_admin")
        form = {"reason": REASON, "seen": fingerprint(self.held)}

        with claim.taken(self.held.pk):
            busy = browser.post(place, form)
        self.shop.away = True
        away = browser.post(place, form)
        self.shop.away = False
        self.assertContains(busy, "Try again in two minutes", status_code=400)
        self.assertContains(away, "Stripe does not answer", status_code=400)
        self.assertEqual((self.pages(), self.stands()), (["open"], ("trialing", "invoice")))

        self.assertEqual(browser.post(place, form).status_code, 302)
        self.assertEqual((self.pages(), self.stands()), (["expired"], ("active", "invoice")))

    def test_what_was_paid_on_it_a_moment_ago_is_found_first(self) -> None:
        checkout.begin(by=self.owner, plan_code="one")
        self.shop.of("checkout.session")[0]["status"] = "complete"
        self.card()

        with self.assertRaises(NotNow):
            self.by_invoice()

        self.assertEqual(self.stands(), ("active", "stripe"))

    def test_nobody_gets_a_second_page_after_having_paid_on_the_first(self) -> None:
        checkout.begin(by=self.owner, plan_code="one")
        self.shop.of("checkout.session")[0]["status"] = "complete"
        self.card()

        with self.assertRaises(NotNow):
            checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual((self.pages(), self.stands()), (["complete"], ("active", "stripe")))

    def test_while_somebody_pays_on_it_or_stripe_is_away_nothing_begins(self) -> None:
        checkout.begin(by=self.owner, plan_code="one")
        refused = {"error": {"type": "invalid_request_error", "message": "It is being paid."}}
        self.shop.says["checkout/sessions/"] = (400, refused)
        with self.assertRaises(claim.Busy):
            self.by_invoice()
        self.shop.says.clear()
        self.shop.away = True
        with self.assertRaises(client.Unavailable):
            self.by_invoice()
        self.shop.away = False

        self.assertEqual((self.stands(), self.held.lines.count()), (("trialing", "invoice"), 0))
        self.assertIsNone(self.held.stripe_busy_until)

    def test_nobody_gets_a_page_while_the_invoice_begins(self) -> None:
        def meanwhile(**_: Any) -> Subscription:
            with self.assertRaises(claim.Busy):
                checkout.begin(by=self.owner, plan_code="one")
            return self.held

        with mock.patch.object(subscriptions, "activate", side_effect=meanwhile) as activate:
            self.by_invoice()

        self.assertEqual((activate.call_count, self.pages()), (1, []))

    def test_a_card_that_paid_all_the_same_is_ended_shown_and_told_once(self) -> None:
        self.by_invoice()
        raw, bill = self.card(), self.shop.put(invoice())
        told = event(UPDATED, raw)
        self.send(told)

        row = follow(told)
        self.tell(event("invoice.paid", bill))

        self.assertEqual((row.status, row.error), ("refused", "paid_by_invoice"))
        self.assertEqual((raw["status"], self.stands()), ("canceled", ("active", "invoice")))
        self.assertEqual(self.held.invoices.get(source="stripe").status, "paid")
        self.assertEqual(AuditEvent.objects.filter(action="subscription.second_ended").count(), 1)
        self.tell(event("customer.subscription.deleted", raw))
        self.assertEqual(StripeEvent.objects.filter(status="refused").count(), 1)
        catching_up.catch_up(subscription_id=self.held.pk, since=datetime.now(UTC) - timedelta(days=1))
        self.assertEqual(len([one for one in self.shop.asked if one.method == "DELETE"]), 1)

    def test_one_that_is_not_of_our_checkout_is_told_and_left(self) -> None:
        self.by_invoice()
        raw = self.card(metadata={})
        told = event(UPDATED, raw)
        self.send(told)

        self.assertEqual((follow(told).error, raw["status"]), ("paid_by_invoice", "active"))
