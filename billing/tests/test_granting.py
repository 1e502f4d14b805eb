"""What is allowed beyond the plan, and what is refused of it."""

from datetime import timedelta

import time_machine

from billing.models import CreditGrant, QuotaPeriod
from billing.services import charges, granting, periods, quota
from billing.services.granting import BadGrant
from billing.services.quota import QuotaExhausted
from billing.services.subscriptions import NotNow
from billing.tests.bought import held
from billing.tests.plans import NOON, on
from core.ids import uuid7
from core.testing import TenantTestCase

WHY = "The outage of Tuesday cost them interviews."
DAY = timedelta(days=1)


@time_machine.travel(NOON, tick=False)
class OverageTests(TenantTestCase):
    def full(self, plan: str) -> QuotaPeriod:
        on(plan)
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(consumed=period.included)
        return period

    def start(self) -> None:
        interview_id = uuid7()
        quota.reserve(interview_id=interview_id)
        quota.consume(interview_id=interview_id)

    def test_so_many_more_start_and_each_is_recorded(self) -> None:
        period = self.full("professional")

        granting.allow_overage(subscription_id=held().pk, limit=2)

        self.start()
        self.start()
        with self.assertRaises(QuotaExhausted):
            quota.reserve(interview_id=uuid7())
        self.assertEqual(period.usage.filter(kind="overage").count(), 2)

    def test_a_plan_that_blocks_allows_none(self) -> None:
        self.full("starter")
        with self.assertRaises(BadGrant):
            granting.allow_overage(subscription_id=held().pk, limit=1)
        with self.assertRaises(QuotaExhausted):
            quota.reserve(interview_id=uuid7())

    def test_absurd_numbers_are_refused(self) -> None:
        self.full("professional")
        for limit in (-1, 501, 10**9):
            with self.subTest(limit), self.assertRaises(BadGrant):
                granting.allow_overage(subscription_id=held().pk, limit=limit)
        self.assertEqual((held().overage_limit, periods.current().overage_allowed), (0, 0))

    def test_it_is_not_taken_back_below_what_was_used(self) -> None:
        self.full("professional")
        granting.allow_overage(subscription_id=held().pk, limit=3)
        self.start()
        self.start()

        with self.assertRaises(BadGrant):
            granting.allow_overage(subscription_id=held().pk, limit=1)
        granting.allow_overage(subscription_id=held().pk, limit=2)

        self.assertEqual((held().overage_limit, periods.current().overage_allowed), (2, 2))


@time_machine.travel(NOON, tick=False)
class CreditTests(TenantTestCase):
    def test_credits_are_used_before_anything_is_overage(self) -> None:
        on("professional", overage_limit=10)
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(consumed=1000)
        interview_id = uuid7()
        quota.reserve(interview_id=interview_id)
        quota.consume(interview_id=interview_id)

        granting.credit(subscription_id=held().pk, interviews=5, reason=WHY, by=uuid7())

        period.refresh_from_db()
        self.assertEqual((period.credited, period.bought), (5, 1005))
        self.assertEqual(sum(row.quantity for row in period.usage.filter(kind="overage")), 0)

    def test_negative_and_absurd_credits_and_no_reason_are_refused(self) -> None:
        on("starter")
        periods.current()
        for interviews, reason in ((0, WHY), (-5, WHY), (100_001, WHY), (5, ""), (5, "  ok   "), (5, "x" * 501)):
            with self.subTest((interviews, reason[:10])), self.assertRaises(BadGrant):
                granting.credit(subscription_id=held().pk, interviews=interviews, reason=reason, by=uuid7())

        self.assertEqual((CreditGrant.objects.count(), periods.current().credited), (0, 0))


class TrialTests(TenantTestCase):
    def test_a_trial_that_is_over_goes_on(self) -> None:
        one = on("starter", status="trialing", trial_ends_at=NOON + 14 * DAY)
        with time_machine.travel(NOON, tick=False):
            periods.open_trial(held())
        with time_machine.travel(NOON + 20 * DAY, tick=False):
            type(one).objects.filter(pk=one.pk).update(cancels_at=NOON + 14 * DAY)
            periods.renew(subscription_id=one.pk)
            granting.extend_trial(subscription_id=one.pk, days=7, reason=WHY)
            quota.reserve(interview_id=uuid7())

        self.assertEqual((held().status, held().trial_ends_at), ("trialing", NOON + 27 * DAY))
        self.assertIsNone(held().cancels_at)
        self.assertEqual(held().periods.get().period_end, NOON + 27 * DAY)

    def test_in_all_a_trial_lasts_no_longer_than_ninety_days(self) -> None:
        one = on("starter", status="trialing", trial_ends_at=NOON + 14 * DAY)
        with time_machine.travel(NOON, tick=False):
            periods.open_trial(held())
            began = held().periods.get().period_start
            granting.extend_trial(subscription_id=one.pk, days=60, reason=WHY)
            with self.assertRaisesMessage(BadGrant, "A trial lasts at most 90 days in all: this one began on"):
                granting.extend_trial(subscription_id=one.pk, days=60, reason=WHY)
            self.assertEqual(held().trial_ends_at, NOON + 74 * DAY)

            left = (began + 90 * DAY - (NOON + 74 * DAY)) // DAY
            granting.extend_trial(subscription_id=one.pk, days=left, reason=WHY)
            self.assertEqual((left, held().trial_ends_at), (16, NOON + 90 * DAY))
            with self.assertRaises(BadGrant):
                granting.extend_trial(subscription_id=one.pk, days=1, reason=WHY)
            self.assertEqual(held().trial_ends_at, NOON + 90 * DAY)

    def test_what_is_paid_for_is_no_trial(self) -> None:
        on("starter")
        with time_machine.travel(NOON, tick=False):
            periods.current()
            with self.assertRaises(NotNow):
                granting.extend_trial(subscription_id=held().pk, days=7, reason=WHY)
            for days in (0, -1, 61):
                with self.subTest(days), self.assertRaises(BadGrant):
                    granting.extend_trial(subscription_id=held().pk, days=days, reason=WHY)

    def test_a_trial_that_was_closed_begins_interviews_again(self) -> None:
        one = on("starter", status="trialing", trial_ends_at=NOON + 14 * DAY)
        with time_machine.travel(NOON, tick=False):
            trial = periods.open_trial(held())
        with time_machine.travel(NOON + 16 * DAY, tick=False):
            periods.renew(subscription_id=one.pk)
            charges.close(period_id=trial.pk)
            granting.extend_trial(subscription_id=one.pk, days=7, reason=WHY)
            quota.reserve(interview_id=uuid7())

        trial.refresh_from_db()
        self.assertEqual((trial.reserved, trial.closed_at), (1, None))
