"""What was charged, invoiced and numbered agrees; where it does not, that is said with what and whose."""

import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import time_machine

from billing.models import (
    CreditGrant,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    QuotaPeriod,
    Subscription,
    UsageRecord,
)
from billing.reconciling import looks
from billing.services import granting, metering
from core import clock, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase
from interviews.tests.compared import HOUR, compared, period, said, whats


class ChargeDifferenceTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.held = Subscription.objects.get(tenant=tenancy.current())
        self.period, self.line = period(), InvoiceLine.objects.get(subscription__tenant=tenancy.current())

    def again(self, **changes: Any) -> InvoiceLine:
        """The same line once more, with these changes."""
        line = copy.copy(self.line)
        line.pk, line.key, line.invoice = uuid7(), str(uuid7()), None
        for name, value in changes.items():
            setattr(line, name, value)
        line.save(force_insert=True)
        return line

    def invoice(self, *lines: InvoiceLine, **more: Any) -> Invoice:
        """An invoice of these lines, one of Stripe's unless it is said to be ours."""
        found = uuid7()
        InvoiceLine.objects.filter(pk__in=[line.pk for line in lines]).update(invoice=found)
        subtotal = sum((line.amount_usd for line in lines), Decimal(0))
        tax = more.pop("tax_usd", Decimal(0))
        amounts = {"subtotal_usd": subtotal, "tax_usd": tax, "total_usd": subtotal + tax}
        values = {"subscription": self.held, "issued_at": clock.now(), "number": str(found), "stripe_id": str(found)}
        return Invoice.objects.create(pk=found, **{"source": "stripe"} | values | amounts | more)

    def own(self, number: str, *lines: InvoiceLine, **more: Any) -> Invoice:
        InvoiceSeries.objects.update_or_create(code="2026", create_defaults={"code": "2026", "last": 1})
        return self.invoice(*lines, source="own", stripe_id="", number=number, **more)

    def test_a_period_without_its_line_or_with_two(self) -> None:
        self.again()
        self.assertEqual(said(), [("period.charged_once", "1", "2")])

        InvoiceLine.objects.filter(subscription=self.held).delete()
        self.assertEqual(said(), [("period.charged_once", "1", "0")])

    def test_a_line_on_a_void_invoice_and_its_like_charged_again_are_one(self) -> None:
        self.own("2026-1", self.line, status="void")
        self.assertEqual(said(), [])

        self.again(key=f"again:{self.line.pk}")
        self.assertEqual(said(), [])
        self.again()
        self.assertEqual(said(), [("period.charged_once", "1", "2")])

    def test_stripes_invoice_for_the_same_month_is_its_line(self) -> None:
        InvoiceLine.objects.filter(pk=self.line.pk).delete()
        Subscription.objects.filter(pk=self.held.pk).update(collection="stripe")
        with time_machine.travel(clock.now() + timedelta(days=4), tick=False):
            self.assertEqual(said(), [("period.charged_once", "1", "0")])
            first = self.again(period=None, from_at=self.period.period_start + timedelta(seconds=1))
            self.invoice(first)
            self.assertEqual(said(), [])
            second = self.again(period=None, from_at=self.period.period_start)
            self.invoice(second)
            self.assertEqual(said(), [("period.charged_once", "1", "2")])

    def test_stripe_has_days_to_tell_of_a_new_months_invoice(self) -> None:
        InvoiceLine.objects.filter(pk=self.line.pk).delete()
        Subscription.objects.filter(pk=self.held.pk).update(collection="stripe")
        QuotaPeriod.objects.filter(pk=self.period.pk).update(period_start=clock.now())

        self.assertEqual(said(), [])

    def test_a_line_that_is_not_quantity_times_price_unless_stripe_took_off_a_discount(self) -> None:
        wrong = self.again(kind="other", period=None, amount_usd=Decimal("98.00"))
        self.assertEqual(said(), [("line.quantity_times_price", "99.0000000", "98.00")])

        self.invoice(wrong)
        self.assertEqual(said(), [])

    def test_a_line_that_waits_too_long_but_not_a_credit(self) -> None:
        with time_machine.travel(clock.now() + timedelta(days=36), tick=False):
            self.assertIn(("line.on_an_invoice_in_time", "0", "1"), said())
            self.again(kind="other", period=None, amount_usd=Decimal(-100), unit_price_usd=Decimal(-100))
            self.assertNotIn("line.on_an_invoice_in_time", whats())

    def test_an_invoice_that_is_not_its_lines(self) -> None:
        self.invoice(self.again(kind="other", period=None), subtotal_usd=Decimal(100), total_usd=Decimal(100))

        self.assertEqual(said(), [("invoice.sum_of_lines", "100.00", "99.00")])

    def test_tax_that_is_not_its_percent(self) -> None:
        invoice = self.own("2026-1", self.line, tax_percent=Decimal(23), tax_usd=Decimal("22.76"))

        self.assertEqual(said(), [("invoice.tax", "22.77", "22.76")])
        self.assertEqual(compared()[0].ids, (str(invoice.pk),))

    def test_more_given_back_than_was_asked_for(self) -> None:
        invoice = self.invoice(self.again(kind="other", period=None))
        for _ in range(2):
            note = self.again(kind="other", period=None, amount_usd=Decimal(60), unit_price_usd=Decimal(60))
            self.invoice(note, kind="credit_note", corrects=invoice)

        self.assertEqual(said(), [("invoice.given_back_at_most_once", "99.00", "120.00")])
        Invoice.objects.filter(number=invoice.corrections.values_list("number", flat=True)[0]).update(
            status="void", source="stripe"
        )
        self.assertNotIn("invoice.given_back_at_most_once", whats())

    def test_overage_that_nobody_charged_when_the_period_was_closed(self) -> None:
        plan = self.period.plan
        assert plan is not None
        plan.pk, plan.version, plan.overage_price_usd, plan.most_overage = "over", 2, Decimal("0.75"), 9
        plan.save(force_insert=True)
        QuotaPeriod.objects.filter(pk=self.period.pk).update(plan=plan, closed_at=clock.now())
        self.period.refresh_from_db()
        metering.record(UsageRecord.Kind.OVERAGE, period=self.period, key="overage:x", quantity=Decimal(4))

        self.assertIn(("overage.charged", "3.00", "0.00"), said())
        Subscription.objects.filter(pk=self.held.pk).update(collection="stripe")
        self.assertNotIn("overage.charged", whats())
        QuotaPeriod.objects.filter(pk=self.period.pk).update(closed_at=clock.now() - timedelta(days=4))
        self.assertIn(("overage.charged", "True", "False"), said())
        QuotaPeriod.objects.filter(pk=self.period.pk).update(stripe_item="ii_1")
        self.assertNotIn("overage.charged", whats())

    def test_a_gap_and_an_overlap_between_periods_and_one_that_did_not_begin(self) -> None:
        end, terms = self.period.period_end, {"subscription": self.held, "included": 1, "plan": self.period.plan}
        InvoiceLine.objects.all().delete()
        later = QuotaPeriod.objects.create(period_start=end + HOUR, period_end=end + 30 * HOUR, **terms)
        QuotaPeriod.objects.create(period_start=end + 29 * HOUR, period_end=end + 60 * HOUR, **terms)
        with time_machine.travel(end + 50 * HOUR, tick=False):
            gap = ("period.follows_the_one_before", str(end), str(later.period_start))
            overlap = ("period.follows_the_one_before", str(later.period_end), str(end + 29 * HOUR))
            self.assertEqual([one for one in said() if one[0] == gap[0]], [gap, overlap])
            Subscription.objects.update(billed_since=end + timedelta(days=300))  # a life of before
            self.assertEqual(said(), [overlap])
        with time_machine.travel(end + 61.5 * HOUR, tick=False):
            self.assertIn("period.renewed_in_time", whats())

    def test_a_tenant_that_bought_nothing(self) -> None:
        with self.in_tenant(OTHER):
            InvoiceLine.objects.filter(subscription__tenant=tenancy.current()).delete()
            QuotaPeriod.objects.filter(subscription__tenant=tenancy.current()).delete()
            Subscription.objects.filter(tenant=tenancy.current()).delete()

            self.assertEqual(said(), [("subscription.missing", "1", "0")])

    def test_credits_have_their_reason(self) -> None:
        granting.credit(subscription_id=self.held.pk, interviews=3, reason="For the outage.", by=uuid7())
        self.assertEqual(said(), [])

        CreditGrant.objects.all().delete()
        self.assertEqual(said(), [("quota.credited", "0", "3")])


class SeriesTests(TenantTestCase):
    def said(self) -> list[tuple[str, str, str, tuple[str, ...]]]:
        return [(one.what, one.expected, one.found, one.ids) for one in looks.platform_now().differences]

    def invoice(self, number: str) -> None:
        """One of ours over nothing."""
        held, found = Subscription.objects.get(tenant=tenancy.current()), uuid7()
        nothing: dict[str, Any] = {"kind": "other", "text": "-", "unit_price_usd": 0, "amount_usd": 0}
        InvoiceLine.objects.create(subscription=held, invoice_id=found, key=str(found), **nothing)
        amounts: dict[str, Any] = {"subtotal_usd": 0, "total_usd": 0, "issued_at": clock.now()}
        Invoice.objects.create(pk=found, subscription=held, number=number, **amounts)

    def test_numbers_without_gaps_in_each_series(self) -> None:
        InvoiceSeries.objects.create(code="2026", last=4)
        InvoiceSeries.objects.create(code="CN-2026", last=1)
        for number in ("2026-0001", "2026-0002", "2026-0004", "CN-2026-0001"):
            self.invoice(number)
        self.assertEqual(self.said(), [("invoice.numbers_without_gaps", "4", "3", ("2026 3",))])

        self.invoice("2026-0003")
        self.assertEqual(self.said(), [])
        self.invoice("A-1")
        self.assertEqual(self.said(), [("invoice.number_of_a_series", "6", "5", ())])
