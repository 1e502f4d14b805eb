"""A period day by day, its forecast, and the drawing of both."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import time_machine
from hypothesis import given
from hypothesis import strategies as st

from billing.models import QuotaPeriod, QuotaUse
from billing.selectors import chart, days
from billing.services import periods
from core.ids import uuid7
from core.testing import HOME, TenantTestCase

START = datetime(2026, 3, 15, 14, 30, tzinfo=UTC)
END = datetime(2026, 4, 15, 14, 30, tzinfo=UTC)


def period(used: int = 0, **fields: int) -> QuotaPeriod:
    """A period of a month, not stored, with 100 included."""
    return QuotaPeriod(period_start=START, period_end=END, **({"included": 100, "consumed": used} | fields))


class ByDayTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.period = periods.current()
        self.period.period_start, self.period.period_end = START, END
        self.period.save()

    def began(self, *at: datetime, status: str = "consumed") -> None:
        for moment in at:
            use = QuotaUse.objects.create(pk=uuid7(), period=self.period, status=status)
            QuotaUse.objects.filter(pk=use.pk).update(reserved_at=moment)

    def test_each_day_of_the_subscriptions_clock_until_today(self) -> None:
        late = START.replace(hour=23, minute=45)  # the next day already in Lisbon's summer, and in Tokyo
        self.began(START, late, START + timedelta(days=2))
        self.began(START, status="released")

        utc = days.by_day(self.period, zone="UTC", now=START + timedelta(days=3))
        tokyo = days.by_day(self.period, zone="Asia/Tokyo", now=START + timedelta(days=3))

        self.assertEqual(
            [(day.date.day, day.started, day.so_far) for day in utc], [(15, 2, 2), (16, 0, 2), (17, 1, 3), (18, 0, 3)]
        )
        self.assertEqual([(day.date.day, day.started) for day in tokyo], [(15, 1), (16, 1), (17, 1), (18, 0)])

    def test_one_reserved_before_the_period_counts_on_its_first_day(self) -> None:
        self.began(START - timedelta(days=9))

        self.assertEqual(days.by_day(self.period, zone="UTC", now=START + timedelta(hours=1))[0].started, 1)

    def test_after_the_period_its_days_end_with_it(self) -> None:
        found = days.by_day(self.period, zone="UTC", now=END + timedelta(days=40))

        self.assertEqual((found[0].date, found[-1].date), (START.date(), END.date()))

    def test_one_query(self) -> None:
        with self.assertNumQueries(1):
            days.by_day(self.period, zone="Europe/Lisbon", now=END)


class ForecastTests(TenantTestCase):
    def at(self, found: QuotaPeriod, passed: timedelta) -> days.Forecast | None:
        return days.forecast(found, zone="UTC", now=START + passed)

    def test_the_pace_so_far_is_kept_until_the_end(self) -> None:
        found = self.at(period(20), timedelta(days=10))

        assert found
        self.assertEqual((found.total, found.a_day, found.full_on), (62, Fraction(2), None))

    def test_it_says_on_which_day_all_is_used_up(self) -> None:
        found = self.at(period(50), timedelta(days=10))

        assert found
        self.assertEqual((found.total, found.full_on), (155, (START + timedelta(days=20)).date()))

    def test_what_was_given_and_allowed_beyond_counts_as_room(self) -> None:
        found = self.at(period(50, credited=25, overage_allowed=25), timedelta(days=10))

        assert found
        self.assertEqual(found.full_on, (START + timedelta(days=30)).date())

    def test_nothing_is_told_on_the_first_day_before_any_use_and_after_the_end(self) -> None:
        for found, passed in (
            (period(20), timedelta(hours=23)),
            (period(0), timedelta(days=10)),
            (period(20), END - START),
        ):
            self.assertIsNone(self.at(found, passed))


class ChartTests(TenantTestCase):
    def drawn(self, found: QuotaPeriod, counts: list[int], now: datetime) -> chart.Chart:
        so_far, shown = 0, []
        for number, started in enumerate(counts):
            so_far += started
            shown.append(days.Day(START.date() + timedelta(days=number), started, so_far))
        return chart.of(found, shown, days.forecast(found, zone="UTC", now=now), zone="UTC", now=now)

    def test_the_line_ends_at_this_moment_with_what_was_used(self) -> None:
        found = self.drawn(period(30), [10, 20], START.replace(day=16, hour=12, minute=0) + timedelta(days=0))

        self.assertEqual(found.top, 100)
        x, y = found.line.split()[-1].split(",")
        self.assertEqual((float(x), float(y)), (round(720 / 32 * 1.5, 1), 126.0))
        self.assertEqual([(bar.height, bar.y) for bar in found.bars], [(24.0, 24.0), (48.0, 0.0)])

    def test_what_is_allowed_beyond_is_a_band_above_what_was_bought(self) -> None:
        found = self.drawn(period(30, overage_allowed=100), [30], START)

        self.assertEqual((found.top, found.bought_y, found.allowed_y, found.beyond_height), (200, 90.0, 0.0, 90.0))

    def test_a_period_of_nothing_draws_too(self) -> None:
        found = self.drawn(period(0, included=0), [0], START)

        self.assertEqual((found.top, found.bars, found.ahead), (1, [], ""))

    def test_everything_stays_inside_whatever_was_used(self) -> None:
        @given(st.lists(st.integers(0, 5000), min_size=1, max_size=32), st.integers(0, 20_000), st.integers(0, 5000))
        def inside(counts: list[int], included: int, beyond: int) -> None:
            now = min(END, START + timedelta(days=len(counts) - 1, hours=3))
            found = self.drawn(period(sum(counts), included=included, overage_allowed=beyond), counts, now)
            points = [tuple(map(float, point.split(","))) for point in f"{found.line} {found.ahead}".split()]
            assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in points)
            assert all(bar.x + found.bar_width <= found.width + 0.1 and bar.y >= 0 for bar in found.bars)

        inside()

    def test_axes_end_with_round_numbers_just_above(self) -> None:
        ends = [chart.round_up(number) for number in (1, 7, 10, 11, 100, 101, 1020, 8100, 10_000)]

        self.assertEqual(ends, [1, 8, 10, 12, 100, 120, 1200, 10_000, 10_000])
        self.assertTrue(all(chart.round_up(low) <= chart.round_up(high) for low, high in pairwise(range(1, 3000))))


class ClockChangeTests(TenantTestCase):
    @time_machine.travel(datetime(2026, 3, 30, 12, tzinfo=UTC), tick=False)
    def test_the_day_of_a_clock_change_is_one_day(self) -> None:
        found = QuotaPeriod.objects.get(subscription__tenant__schema_name=HOME)
        found.period_start, found.period_end = START, END
        found.save()

        shown = days.by_day(found, zone="Europe/Lisbon", now=datetime(2026, 3, 30, 12, tzinfo=UTC))

        self.assertEqual(len(shown), 16)
        self.assertEqual(len({day.date for day in shown}), 16)
