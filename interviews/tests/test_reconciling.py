"""What was used, counted, called and charged agree; where they do not, that is said with what and whose."""

import copy
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import time_machine

from billing.models import (
    CreditGrant,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    QuotaPeriod,
    QuotaUse,
    Subscription,
    UsageRecord,
)
from billing.reconciling import looks
from billing.reconciling.findings import Difference
from billing.services import granting, metering, quota
from core import clock, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase
from interviews.models import Interview
from interviews.services import afterwards, lifecycle, opening, questions, submission
from interviews.tests import make
from llm import usage
from llm.models import LlmCall, UsageHour
from llm.tests.made import call

HOUR = timedelta(hours=1)


def compared() -> list[Difference]:
    return looks.of_tenant_now(tenancy.current()).differences


def said() -> list[tuple[str, str, str]]:
    """Each difference: what, expected, found."""
    return [(one.what, one.expected, one.found) for one in compared()]


def whats() -> set[str]:
    return {one.what for one in compared()}


def period() -> QuotaPeriod:
    return QuotaPeriod.objects.get(subscription__tenant=tenancy.current())


class AgreedTests(TenantTestCase):
    """Whatever happens to interviews, both sides say the same."""

    def each_time(self, *acts: Callable[[], Any]) -> None:
        for act in acts:
            act()
            self.assertEqual(said(), [])

    def test_an_interview_from_its_start_to_its_end(self) -> None:
        interview = make.consented(make.invited())
        self.each_time(
            lambda: opening.start(interview),
            lambda: make.replied(interview),
            lambda: make.replied(interview, make.ANSWERS[1]),
            lambda: submission.submit(interview, closing=""),
            lambda: submission.submit(interview, closing=""),
            lambda: afterwards.withdraw(Interview.objects.get(pk=interview.pk)),
        )
        self.assertEqual(
            sorted(UsageRecord.objects.filter(interview_id=interview.pk).values_list("kind", "key")),
            [
                ("interview_completed", f"completed:{interview.pk}"),
                ("interview_started", f"started:{interview.pk}"),
            ],
        )

    def test_one_that_is_given_back_and_taken_up_again(self) -> None:
        interview = make.started()
        self.each_time(
            lambda: lifecycle.release_quota(interview_id=interview.pk),
            lambda: make.answered(interview),
        )
        self.assertEqual((period().reserved, period().consumed), (0, 1))

    def test_one_that_is_abandoned_counts_as_started_alone(self) -> None:
        interview = make.started()
        make.replied(interview)
        self.each_time(lambda: lifecycle.close_overdue(interview_id=make.overdue(interview).pk))
        kinds = UsageRecord.objects.filter(interview_id=interview.pk).values_list("kind", flat=True)
        self.assertEqual(list(kinds), ["interview_started"])

    def test_one_of_skipped_questions_is_completed_too(self) -> None:
        interview = make.started()
        for _ in make.ANSWERS:
            questions.skip(interview=interview, turn_id=make.open_turn(interview).pk)
        self.each_time(lambda: submission.submit(interview, closing=""))
        self.assertTrue(UsageRecord.objects.filter(key=f"completed:{interview.pk}").exists())

    def test_overage_and_a_credit_that_takes_it_back(self) -> None:
        self.allow_overage()
        one, two = make.started(), make.started(make.invited("grace@example.org"))
        QuotaPeriod.objects.filter(pk=period().pk).update(included=0)
        held = period().subscription
        self.each_time(
            lambda: make.answered(one),
            lambda: make.answered(two),
            lambda: granting.credit(subscription_id=held.pk, interviews=1, reason="For the outage.", by=uuid7()),
        )
        overage = UsageRecord.objects.filter(kind="overage").values_list("quantity", flat=True)
        self.assertEqual(sum(overage), 1)

    def allow_overage(self) -> None:
        QuotaPeriod.objects.filter(pk=period().pk).update(overage_allowed=10)

    def test_the_neighbours_interviews_are_nobody_elses(self) -> None:
        with self.in_tenant(OTHER):
            make.submitted()
            self.assertEqual(said(), [])
        self.assertEqual(said(), [])

    def test_what_was_compared_is_counted(self) -> None:
        make.submitted()

        found = looks.of_tenant_now(tenancy.current()).compared

        self.assertEqual(
            {name: found[name] for name in ("periods", "interviews", "usage_rows", "lines", "billed_periods")},
            {"periods": 1, "interviews": 1, "usage_rows": 2, "lines": 1, "billed_periods": 1},
        )


class QuotaDifferenceTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.started()

    def test_counts_that_are_not_their_rows(self) -> None:
        QuotaPeriod.objects.filter(pk=period().pk).update(reserved=3, consumed=1, credited=7)

        self.assertEqual(
            said(),
            [("quota.reserved", "1", "3"), ("quota.consumed", "0", "1"), ("quota.credited", "0", "7")],
        )
        self.assertEqual({one.ids for one in compared()}, {(str(period().pk),)})

    def test_an_interview_without_a_place(self) -> None:
        QuotaUse.objects.filter(pk=self.interview.pk).delete()
        QuotaPeriod.objects.filter(pk=period().pk).update(reserved=0)

        self.assert_said(("interviews.started_without_a_place", "0", "1"), self.interview.pk)

    def test_a_place_of_an_interview_that_nobody_started(self) -> None:
        stray = uuid7()
        quota.reserve(interview_id=stray)

        self.assertEqual(
            [(one.what, one.ids) for one in compared()],
            [
                ("quota.place_of_no_started_interview", (str(stray),)),
                ("usage.started_of_no_such_interview", (str(UsageRecord.objects.get(interview_id=stray).pk),)),
            ],
        )

    def test_a_place_in_a_neighbours_quota(self) -> None:
        with self.in_tenant(OTHER):
            quota.reserve(interview_id=uuid7())
        theirs = QuotaPeriod.objects.get(subscription__tenant__schema_name=OTHER)
        QuotaUse.objects.filter(pk=self.interview.pk).update(period=theirs)

        self.assertEqual(whats(), {"quota.reserved", "interviews.started_without_a_place"})

    def test_an_answered_interview_that_was_given_back(self) -> None:
        make.answered(self.interview)
        QuotaUse.objects.filter(pk=self.interview.pk).update(status="released")
        QuotaPeriod.objects.filter(pk=period().pk).update(consumed=0)

        self.assert_said(("quota.answered_and_not_consumed", "0", "1"), self.interview.pk)

    def test_an_interview_that_was_consumed_without_an_answer(self) -> None:
        quota.consume(interview_id=self.interview.pk)

        self.assert_said(("quota.consumed_and_not_answered", "0", "1"), self.interview.pk)

    def test_a_reservation_that_nobody_gives_back(self) -> None:
        QuotaUse.objects.filter(pk=self.interview.pk).update(reserved_at=clock.now() - 25 * HOUR)
        self.assertEqual(whats(), {"quota.reservation_released_in_time"})

        QuotaUse.objects.filter(pk=self.interview.pk).update(reserved_at=clock.now() - 24.9 * HOUR)
        self.assertEqual(whats(), set())

    def test_overage_that_is_not_what_was_used_beyond_the_bought(self) -> None:
        metering.record(UsageRecord.Kind.OVERAGE, period=period(), key="overage:stray", quantity=Decimal(2))

        self.assertEqual(said(), [("usage.overage", "0", "2.000")])

    def assert_said(self, expected: tuple[str, str, str], *ids: UUID) -> None:
        self.assertEqual(said(), [expected])
        self.assertEqual(compared()[0].ids, tuple(map(str, ids)))
        self.assertEqual(compared()[0].tenant, "alpha")


class UsageDifferenceTests(TenantTestCase):
    def test_interviews_of_which_nothing_was_recorded(self) -> None:
        one = make.consented(make.invited())
        now = clock.now()
        Interview.objects.filter(pk=one.pk).update(status="completed", started_at=now, completed_at=now)
        QuotaUse.objects.create(pk=one.pk, period=period(), status="released")

        ids = {what.what: what.ids for what in compared()}

        self.assertEqual(
            ids,
            {
                "interviews.started_and_not_recorded": (str(one.pk),),
                "interviews.completed_and_not_recorded": (str(one.pk),),
            },
        )

    def test_something_recorded_twice_or_of_one_that_did_not_end(self) -> None:
        one = make.started()
        metering.completed(interview_id=one.pk, at=clock.now())
        metering.record(UsageRecord.Kind.STARTED, period=period(), key="again", interview_id=one.pk)

        self.assertEqual(
            said(),
            [
                ("usage.started_of_no_such_interview", "0", "1"),
                ("usage.completed_of_no_such_interview", "0", "1"),
            ],
        )

    def test_more_rows_than_can_be_named_are_counted(self) -> None:
        for _ in range(103):
            key = str(uuid7())
            metering.record(UsageRecord.Kind.STARTED, period=period(), key=key, interview_id=uuid7())

        (found,) = compared()

        self.assertEqual((found.found, found.count, len(found.ids)), ("103", 103, 100))


class LedgerDifferenceTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = clock.now()

    def roll_up(self) -> None:
        """Calls of four hours, added up; the newest hour is not compared, as it may be added up again."""
        for hours in (8, 7, 6, 5):
            call(usage.hour_of(self.now) - hours * HOUR, cost="0.02", own_key=hours == 7)
        usage.roll_up()

    def test_hours_that_are_their_rows(self) -> None:
        self.roll_up()

        self.assertEqual((said(), looks.of_tenant_now(tenancy.current()).compared["ledger_hours"]), ([], 2))

    def test_an_hour_that_is_not(self) -> None:
        self.roll_up()
        hour = usage.hour_of(self.now) - 7 * HOUR
        UsageHour.objects.filter(hour=hour).update(cost_usd=Decimal("0.03"), own_key_usd=0)

        key = f"{hour:%Y-%m-%dT%H} interview_turn groq groq-1 m provider"
        self.assertEqual(
            [(one.what, one.expected, one.found, one.ids) for one in compared()],
            [
                ("ledger.hour.cost_usd", "0.02000000", "0.03000000", (key,)),
                ("ledger.hour.own_key_usd", "0.02000000", "0E-8", (key,)),
            ],
        )

    def test_an_hour_that_was_not_added_up(self) -> None:
        self.roll_up()
        UsageHour.objects.filter(hour=usage.hour_of(self.now) - 7 * HOUR).delete()

        self.assertIn(("ledger.hour.calls", "1", "0"), said())

    def test_an_hour_in_which_a_call_ended_since_is_added_up_again_first(self) -> None:
        self.roll_up()
        call(usage.hour_of(self.now) - 7 * HOUR, settled_at=self.now)
        self.assertEqual(said(), [])

        usage.roll_up()
        self.assertEqual(said(), [])

    def test_finished_months_are_the_rows_and_what_was_kept_of_those_that_went(self) -> None:
        first = self.now.replace(day=1, hour=3, minute=0, second=0, microsecond=0)
        months = [first - timedelta(days=days) for days in (300, 260, 220)]
        for month in months:
            for cost in ("0.01", "0.02"):
                call(month, cost=cost)
        call(self.now - 5 * HOUR)
        usage.roll_up()
        self.assertEqual(said(), [])

        UsageHour.objects.filter(hour=usage.hour_of(months[1])).update(cost_usd=Decimal("0.05"))

        key = f"{months[1]:%Y-%m} interview_turn m provider"
        self.assertIn(
            ("ledger.month.cost_usd", "0.03000000", "0.05000000", (key,)),
            [(one.what, one.expected, one.found, one.ids) for one in compared()],
        )

    def test_a_call_that_never_ended(self) -> None:
        left = call(self.now - 2 * HOUR, settled_at=None, latency_ms=None, cost=None)
        call(self.now - HOUR / 2, settled_at=None, latency_ms=None, cost=None)

        (found,) = compared()

        self.assertEqual((found.what, found.ids), ("ledger.settled_in_time", (str(left.id),)))

    def test_a_call_for_an_interview_of_nobody_or_of_a_neighbour(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.started().pk
        stray = uuid7()
        for interview_id in (stray, stray, theirs, make.started().pk):
            call(self.now, interview_id=interview_id)

        (found,) = compared()

        self.assertEqual((found.what, set(found.ids)), ("ledger.interview_unknown", {str(stray), str(theirs)}))
        self.assertEqual(LlmCall.objects.count(), 4)


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
