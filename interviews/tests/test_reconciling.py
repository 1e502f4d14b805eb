"""What was used, counted, called and charged agree; where they do not, that is said with what and whose."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing.models import (
    QuotaPeriod,
    QuotaUse,
    UsageRecord,
)
from billing.reconciling import looks
from billing.services import granting, metering, quota
from core import clock, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase
from interviews.models import Interview
from interviews.services import afterwards, lifecycle, opening, questions, submission
from interviews.tests import make
from interviews.tests.compared import HOUR, compared, period, said, whats


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
