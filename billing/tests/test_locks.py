"""Who changes a subscription and who starts an interview do not wait for each other in a circle."""

from uuid import UUID

from billing.models import CreditGrant, QuotaPeriod
from billing.services import granting, periods, quota, warnings
from core import due
from core.ids import uuid7
from core.testing import CommittingTestCase, while_held


def credit(subscription_id: UUID) -> CreditGrant:
    reason = "For the outage of yesterday."
    return granting.credit(subscription_id=subscription_id, interviews=5, reason=reason, by=uuid7())


class LocksTests(CommittingTestCase):
    def test_a_start_and_a_credit_of_the_same_instant_both_come_through(self) -> None:
        period = periods.current()
        before = period.reserved, period.credited

        # The credit holds the subscription and waits for the period, which the start holds.
        grant = while_held(lambda: quota.reserve(interview_id=uuid7()), lambda: credit(period.subscription_id))

        self.assertIsInstance(grant, CreditGrant)
        period.refresh_from_db()
        self.assertEqual((period.reserved, period.credited), (before[0] + 1, before[1] + 5))

    def test_a_start_that_passes_a_mark_and_a_warning_of_the_same_instant_both_come_through(self) -> None:
        period = periods.current()
        left = {"included": 10, "credited": 0, "reserved": 8, "consumed": 0, "warned_percent": 0}
        QuotaPeriod.objects.filter(pk=period.pk).update(**left)
        due.owe("quota_warning", period.pk)

        warned = while_held(
            lambda: QuotaPeriod.objects.filter(pk=period.pk).update(reserved=10),
            lambda: warnings.warn(period_id=period.pk),
            lambda: warnings.notice(period, used=10, bought=10),
        )

        self.assertIsNone(warned)

        period.refresh_from_db()
        self.assertEqual(period.warned_percent, 100)
