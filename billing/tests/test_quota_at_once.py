"""Many candidates in the same instant: real connections, real commits."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from billing.models import InvoiceLine, QuotaPeriod, QuotaUse
from billing.services import periods, quota
from billing.services.quota import QuotaExhausted
from core import clock
from core.ids import uuid7
from core.testing import CommittingTestCase, at_once, while_held


def start(interview_id: UUID) -> Callable[[], None]:
    def call() -> None:
        with transaction.atomic():
            quota.reserve(interview_id=interview_id)

    return call


class AtOnceTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        QuotaUse.objects.all().delete()
        QuotaPeriod.objects.update(reserved=0, consumed=0, included=100)

    def counts(self) -> tuple[int, int]:
        period = QuotaPeriod.objects.get(pk=periods.current().pk)
        return period.reserved, period.consumed

    def uses(self, status: str) -> int:
        return QuotaUse.objects.filter(status=status).count()

    def test_of_sixteen_starts_with_ten_left_exactly_ten_get_one(self) -> None:
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(included=10)

        results = at_once(*[start(uuid7()) for _ in range(16)])

        self.assertEqual(results.count(None), 10)
        self.assertEqual(sum(isinstance(result, QuotaExhausted) for result in results), 6)
        self.assertEqual((self.counts(), self.uses("reserved"), QuotaUse.objects.count()), ((10, 0), 10, 10))

    def test_the_same_interview_started_eight_times_at_once_counts_once(self) -> None:
        periods.current()
        interview_id = uuid7()

        results = at_once(*[start(interview_id)] * 8)

        self.assertEqual(results, [None] * 8)
        self.assertEqual((self.counts(), self.uses("reserved")), ((1, 0), 1))

    def test_the_same_one_taken_up_again_eight_times_at_once_counts_once(self) -> None:
        interview_id = uuid7()
        start(interview_id)()
        quota.release(interview_id=interview_id)

        at_once(*[start(interview_id)] * 8)

        self.assertEqual((self.counts(), self.uses("reserved")), ((1, 0), 1))

    def test_an_answer_that_waits_for_a_release_of_the_same_instant_counts(self) -> None:
        interview_id = uuid7()
        start(interview_id)()

        answered = while_held(
            lambda: quota.release(interview_id=interview_id), lambda: quota.consume(interview_id=interview_id)
        )

        self.assertIsNone(answered)
        self.assertEqual((self.counts(), self.uses("consumed")), ((0, 1), 1))

    def test_of_two_answers_to_one_that_was_released_one_counts(self) -> None:
        interview_id, other = uuid7(), uuid7()
        start(interview_id)()
        quota.release(interview_id=interview_id)
        start(other)()  # its place is not spent by the second answer

        again = while_held(
            lambda: quota.consume(interview_id=interview_id), lambda: quota.consume(interview_id=interview_id)
        )

        self.assertIsNone(again)
        self.assertEqual((self.counts(), self.uses("consumed"), self.uses("reserved")), ((1, 1), 1, 1))

    def test_a_release_that_waits_for_an_answer_of_the_same_instant_gives_nothing_back(self) -> None:
        interview_id = uuid7()
        start(interview_id)()

        released = while_held(
            lambda: quota.consume(interview_id=interview_id), lambda: quota.release(interview_id=interview_id)
        )

        self.assertIs(released, False)
        self.assertEqual((self.counts(), self.uses("consumed")), ((0, 1), 1))

    def test_eight_that_begin_a_month_at_once_make_one_period(self) -> None:
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(
            period_start=period.period_start - timedelta(days=1), period_end=clock.now() - timedelta(seconds=1)
        )

        results = at_once(*[lambda: periods.current().pk] * 8)

        self.assertEqual(len(set(results)), 1)
        self.assertNotEqual(results[0], period.pk)
        self.assertEqual(QuotaPeriod.objects.filter(subscription=period.subscription_id).count(), 2)
        self.assertEqual(InvoiceLine.objects.filter(period_id=results[0]).count(), 1)
