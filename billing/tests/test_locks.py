"""Who changes a subscription and who starts an interview do not wait for each other in a circle."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.db import transaction

from billing.models import CreditGrant
from billing.services import granting, periods, quota
from billing.tests.test_quota_at_once import wait_for_a_lock
from core.ids import uuid7
from core.testing import CommittingTestCase, at_once


def credit(subscription_id: UUID) -> CreditGrant:
    reason = "For the outage of yesterday."
    return granting.credit(subscription_id=subscription_id, interviews=5, reason=reason, by=uuid7())


class LocksTests(CommittingTestCase):
    def test_a_start_and_a_credit_of_the_same_instant_both_come_through(self) -> None:
        period = periods.current()
        before = period.reserved, period.credited

        with ThreadPoolExecutor(1) as background:
            with transaction.atomic():
                quota.reserve(interview_id=uuid7())
                credited = background.submit(at_once, lambda: credit(period.subscription_id))
                wait_for_a_lock()  # the credit holds the subscription and waits for the period, which this one holds
            (grant,) = credited.result(10)

        self.assertIsInstance(grant, CreditGrant)
        period.refresh_from_db()
        self.assertEqual((period.reserved, period.credited), (before[0] + 1, before[1] + 5))
