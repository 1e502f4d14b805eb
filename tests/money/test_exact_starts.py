"""Sixteen processes start a thousand interviews each against a quota of 500: exactly 500 are granted."""

import json
from collections import Counter
from collections.abc import Callable

import pytest

from billing.models import QuotaPeriod, QuotaUse, UsageRecord
from billing.reconciling import looks
from billing.services import periods
from core import tenancy
from core.testing import CommittingTestCase
from interviews.models import Interview
from tests.money import crews

pytestmark = pytest.mark.prove

PROCESSES, STARTS, QUOTA = 16, 1000, 500


class StartsTestCase(CommittingTestCase):
    @pytest.fixture(autouse=True)
    def _show(self, show: Callable[[str], None]) -> None:
        self.show = show

    def period(self, quota: int) -> QuotaPeriod:
        """The current period, with so many interviews left."""
        found = periods.current()
        QuotaPeriod.objects.filter(pk=found.pk).update(included=found.reserved + found.consumed + quota)
        return found

    def granted(self, period: QuotaPeriod) -> dict[str, int]:
        """How many were, as each of those who know says."""
        period.refresh_from_db()
        started = UsageRecord.objects.filter(period=period, kind=UsageRecord.Kind.STARTED)
        return {
            "counter": period.reserved + period.consumed,
            "places": QuotaUse.objects.filter(period=period).count(),
            "usage": started.count(),
            "interviews": Interview.objects.filter(started_at__isnull=False).count(),
            "running": Interview.objects.filter(status="in_progress", turns__number=1).count(),
        }


class ExactStartsTests(StartsTestCase):
    def test_sixteen_thousand_starts_against_a_quota_of_five_hundred(self) -> None:
        period = self.period(QUOTA)
        crews.attempts(PROCESSES * STARTS)

        run = crews.start_all(PROCESSES, STARTS)

        tried = PROCESSES * STARTS
        figures = {"processes": PROCESSES, "starts": tried, "seconds": round(run.seconds, 1)}
        self.show(json.dumps(figures | {"a_second": round(tried / run.seconds)} | run.outcomes))
        self.assertEqual(run.outcomes, Counter(granted=QUOTA, refused=tried - QUOTA))
        self.assertEqual(self.granted(period), dict.fromkeys(self.granted(period), QUOTA))
        self.assertEqual(looks.of_tenant(tenancy.current()).differences, [])


class BrokenOnPurposeTests(StartsTestCase):
    def test_a_counter_that_is_read_first_and_written_then_grants_too_many_and_is_found(self) -> None:
        period = self.period(40)
        crews.attempts(8 * 60)

        run = crews.start_all(8, 60, broken=True)

        self.assertGreater(run.outcomes["granted"], 40)
        self.assertGreater(self.granted(period)["places"], self.granted(period)["counter"])
        found = {one.what for one in looks.of_tenant(tenancy.current()).differences}
        self.assertEqual(found, {"quota.reserved"})
