"""Interviews beyond the included on Stripe's invoices, once a period."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest import mock

from billing.models import CreditGrant, InvoiceLine, QuotaPeriod, QuotaUse, UsageRecord
from billing.services import charges, metering
from billing.services.stripe import client, leaving, overage
from core import tenancy
from core.ids import uuid7
from core.models import Due
from tenants.models import Tenant
from tests.payments.case import (
    UPDATED,
    WireCase,
    event,
    plan,
    seconds,
)


class OverageTests(WireCase):
    def setUp(self) -> None:
        super().setUp()
        self.over = plan("over", 99, 2, overage_price_usd=Decimal("1.25"), most_overage=50, stripe_price="price_one")
        type(self.one).objects.filter(pk="one").update(stripe_price="")
        self.paying()
        self.period = self.held.periods.get(is_trial=False)
        for place in range(3):
            metering.record(UsageRecord.Kind.OVERAGE, period=self.period, key=f"overage:{place}")
        now = datetime.now(UTC)
        QuotaPeriod.objects.filter(pk=self.period.pk).update(period_end=now - timedelta(hours=26))

    def test_a_closed_period_s_overage_is_an_item_of_stripe_s_next_invoice_once(self) -> None:
        charges.close(period_id=self.period.pk)
        self.assertTrue(Due.objects.filter(kind="stripe_overage", object_id=self.period.pk).exists())

        for _ in range(3):
            overage.bill(period_id=self.period.pk)

        self.period.refresh_from_db()
        self.assertEqual(
            self.asked("invoiceitems"),
            {
                "customer": "cus_alpha",
                "amount": "375",
                "currency": "usd",
                "description": "3 interviews beyond the included, 1.25 dollars each",
                "period[start]": str(seconds(self.period.period_start)),
                "period[end]": str(seconds(self.period.period_end)),
                "metadata[candor_period]": str(self.period.pk),
                "subscription": "sub_1",
            },
        )
        self.assertEqual(
            self.shop.posts("invoiceitems")[0].headers["idempotency-key"], f"candor:overage:{self.period.pk}"
        )
        self.assertEqual(self.period.stripe_item, self.shop.of("invoiceitem")[0]["id"])
        self.assertEqual((self.held.lines.count(), Due.objects.filter(kind="stripe_overage").count()), (0, 0))

    def test_an_item_whose_answer_got_lost_long_ago_is_found_again(self) -> None:
        charges.close(period_id=self.period.pk)
        overage.bill(period_id=self.period.pk)
        QuotaPeriod.objects.filter(pk=self.period.pk).update(stripe_item="")
        self.shop.answered.clear()  # Stripe forgot its idempotency keys

        overage.bill(period_id=self.period.pk)

        self.period.refresh_from_db()
        self.assertEqual(
            (len(self.shop.of("invoiceitem")), self.period.stripe_item), (1, self.shop.of("invoiceitem")[0]["id"])
        )

    def test_stripe_away_keeps_it_owed(self) -> None:
        charges.close(period_id=self.period.pk)
        self.shop.away = True

        overage.bill(period_id=self.period.pk)

        self.period.refresh_from_db()
        self.assertEqual((self.period.stripe_item, Due.objects.filter(kind="stripe_overage").count()), ("", 1))

    def test_after_the_end_an_invoice_of_its_own_is_asked_for(self) -> None:
        self.ended()

        overage.bill(period_id=self.period.pk)

        self.assertNotIn("subscription", self.asked("invoiceitems"))
        self.assertEqual(
            self.asked("v1/invoices"),
            {"customer": "cus_alpha", "auto_advance": "true", "pending_invoice_items_behavior": "include"},
        )

    def ended(self) -> None:
        raw = self.shop.objects["sub_1"] | {"status": "canceled", "ended_at": seconds(datetime.now(UTC))}
        self.tell(event(UPDATED, self.shop.put(raw)))
        charges.close(period_id=self.period.pk)
        self.shop.asked.clear()

    def test_a_crash_before_the_last_invoice_is_made_up_for(self) -> None:
        self.ended()
        with (
            mock.patch.object(overage, "_invoice", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            overage.bill(period_id=self.period.pk)
        self.shop.answered.clear()  # Stripe forgot its idempotency keys

        overage.bill(period_id=self.period.pk)

        items, bills = self.shop.posts("invoiceitems"), self.shop.posts("v1/invoices")
        self.assertEqual((len(items), len(bills)), (1, 1))

    def test_an_item_that_is_on_an_invoice_already_makes_no_second_one(self) -> None:
        self.ended()
        overage.bill(period_id=self.period.pk)
        self.shop.of("invoiceitem")[0]["invoice"] = "in_made2"
        QuotaPeriod.objects.filter(pk=self.period.pk).update(stripe_item="")
        self.shop.answered.clear()

        overage.bill(period_id=self.period.pk)

        self.assertEqual(len(self.shop.posts("v1/invoices")), 1)

    def test_a_tenant_that_is_removed_pays_for_what_it_used(self) -> None:
        """Its period runs still, an interview of it too; the tenant can't be entered any more."""
        soon, interview = datetime.now(UTC) + timedelta(days=1), uuid7()
        running = QuotaPeriod.objects.filter(pk=self.period.pk)
        running.update(period_end=soon, consumed=5, reserved=1, overage_allowed=50)
        QuotaUse.objects.create(pk=interview, period=self.period)
        tenant = self.held.tenant
        with tenancy.enter_platform():
            Tenant.objects.filter(pk=tenant.pk).update(status="closed")
            tenancy.forget()
            self.shop.away = True
            with self.assertRaises(client.Unavailable):
                leaving.leave(tenant)
            self.shop.away = False
            for _ in range(2):
                leaving.leave(tenant)

        period = running.get()
        self.assertEqual((period.reserved, period.closed_at is None, period.period_end < soon), (0, False, True))
        self.assertEqual(QuotaUse.objects.get(pk=interview).status, "released")
        ended = [one.form for one in self.shop.asked if one.method == "DELETE"]
        self.assertEqual((ended[0], self.shop.objects["sub_1"]["status"]), ({"invoice_now": "true"}, "canceled"))
        item = self.asked("invoiceitems")
        self.assertEqual((item["amount"], "subscription" in item), ("375", False))
        self.assertEqual(self.asked("v1/invoices")["pending_invoice_items_behavior"], "include")

    def test_a_removed_tenant_s_overage_that_an_invoice_of_ours_has_is_not_charged_by_card(self) -> None:
        charges.close(period_id=self.period.pk)
        values = {"kind": "overage", "text": "Over", "unit_price_usd": 1, "amount_usd": 3, "key": "overage:before"}
        InvoiceLine.objects.create(subscription=self.held, period=self.period, **values)

        leaving.leave(self.held.tenant)

        self.assertEqual(self.shop.posts("invoiceitems"), [])

    def test_one_interview_is_said_as_one(self) -> None:
        metering.record(UsageRecord.Kind.OVERAGE, period=self.period, key="overage:less", quantity=Decimal(-2))
        charges.close(period_id=self.period.pk)

        overage.bill(period_id=self.period.pk)

        said = self.asked("invoiceitems")["description"]
        self.assertEqual(said, "1 interview beyond the included, at 1.25 dollars")

    def test_a_credit_takes_back_what_is_not_charged_yet(self) -> None:
        QuotaPeriod.objects.filter(pk=self.period.pk).update(credited=3, consumed=5)
        self.period.refresh_from_db()
        charges.settle_overage(self.period, why="credit")
        self.assertEqual((charges.overage_of(self.period), CreditGrant.objects.count()), (0, 0))

        charges.close(period_id=self.period.pk)

        self.assertFalse(Due.objects.filter(kind="stripe_overage").exists())
