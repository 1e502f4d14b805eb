"""Whole days have sums of their own, which are those of their hours, however a time is cut."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import time_machine

from core.testing import TenantTestCase
from llm import stats, usage
from llm.models import LlmCall, UsageDay
from llm.tests.made import call

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# One call every seven hours of four days: a different count on each side of any cut.
MADE = [MIDNIGHT + place * 7 * HOUR for place in range(14)]
NOW = MIDNIGHT + 4 * DAY


def days() -> list[tuple[date, str, str, int, Decimal]]:
    return list(
        UsageDay.objects.order_by("day", "source").values_list("day", "tenant", "source", "requests", "saved_usd")
    )


class UsageDayTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        stats.forget()

    def roll_up(self, now: datetime = NOW) -> None:
        with time_machine.travel(now, tick=False):
            usage.roll_up()

    def total(self, since: datetime, until: datetime) -> int:
        stats.forget()
        return stats.optimization_stats(since, until, "alpha").total_requests

    def test_a_day_is_added_up_by_tenant_and_source_and_no_retry_counts(self) -> None:
        call(MIDNIGHT)
        call(MIDNIGHT + 23 * HOUR, account="other", model="other")
        call(MIDNIGHT + 23 * HOUR, attempt=2)
        call(MIDNIGHT + 2 * HOUR, source="cache", cost="0", saved_usd=Decimal("0.25"))
        call(MIDNIGHT + DAY, source="cache", cost="0", saved_usd=Decimal("0.5"))

        self.roll_up()

        first, second = MIDNIGHT.date(), (MIDNIGHT + DAY).date()
        self.assertEqual(
            days(),
            [
                (first, "alpha", "cache", 1, Decimal("0.25")),
                (first, "alpha", "provider", 2, Decimal(0)),
                (second, "alpha", "cache", 1, Decimal("0.5")),
            ],
        )

    def test_what_is_settled_late_changes_its_day(self) -> None:
        call(MIDNIGHT)
        open_row = call(MIDNIGHT + HOUR, settled_at=None, latency_ms=None)
        self.roll_up()
        self.assertEqual(self.total(MIDNIGHT, NOW), 1)

        LlmCall.objects.filter(id=open_row.id).update(settled_at=NOW, latency_ms=1)
        self.roll_up(NOW + HOUR)

        self.assertEqual([row[3] for row in days()], [2])
        self.assertEqual(self.total(MIDNIGHT, NOW), 2)

    def test_however_a_time_is_cut_every_request_in_it_counts_once(self) -> None:
        for moment in MADE:
            call(moment)
        self.roll_up()

        for start in (0, 1, 23, 24, 25, 47, 71):
            for length in (1, 2, 24, 25, 48, 49, 96):
                since, until = MIDNIGHT + start * HOUR, MIDNIGHT + (start + length) * HOUR
                with self.subTest(start=start, length=length):
                    self.assertEqual(self.total(since, until), sum(since <= moment < until for moment in MADE))

    def test_a_month_takes_four_queries(self) -> None:
        call(MIDNIGHT)
        self.roll_up()

        with self.assertNumQueries(4):  # until when hours were added up; days; hours beside them; the calls since
            self.assertEqual(self.total(MIDNIGHT - 30 * DAY + HOUR, NOW), 1)
