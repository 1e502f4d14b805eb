"""Stripe's months are ours: one paid month is one period."""

from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise

import time_machine

from billing.services import periods
from core.models import Due
from tests.payments.case import (
    MirrorCase,
    month_after,
    seconds,
    subscription,
    trying,
)


class MonthTests(MirrorCase):
    """Never two periods for a month that was paid once, whether Stripe's word comes late, early or never."""

    def setUp(self) -> None:
        super().setUp()
        self.stack = ExitStack()
        self.addCleanup(self.stack.close)
        self.start = seconds(datetime(2027, 1, 31, 10, 30, tzinfo=UTC))
        self.travel(self.start - 3 * 86400)
        self.held = trying(self.one)
        self.travel(self.start + 5)
        self.now_has(self.at(0))

    def travel(self, to: int) -> None:
        self.stack.close()
        self.stack.enter_context(time_machine.travel(datetime.fromtimestamp(to, UTC), tick=False))

    def edges(self, count: int) -> list[int]:
        return [self.start, *(month_after(self.start, months) for months in range(1, count + 1))]

    def at(self, month: int) -> dict:
        """Stripe's picture in its so manieth month."""
        raw = subscription(began=datetime.fromtimestamp(self.start, UTC))
        edges = self.edges(month + 1)
        raw["items"]["data"][0] |= {"current_period_start": edges[month], "current_period_end": edges[month + 1]}
        return raw

    def pairs(self, count: int) -> list[tuple[int, int]]:
        edges = self.edges(count)
        return list(pairwise(edges))

    def test_an_anchor_on_the_31st_falls_on_the_last_day_and_returns(self) -> None:
        days = [datetime.fromtimestamp(edge, UTC).strftime("%m-%d %H:%M") for edge in self.edges(4)]

        self.assertEqual(days, ["01-31 10:30", "02-28 10:30", "03-31 10:30", "04-30 10:30", "05-31 10:30"])

    def test_in_time(self) -> None:
        for month in (1, 2, 3):
            self.travel(self.edges(month)[-1] + 20)
            self.now_has(self.at(month))

        self.assertEqual(self.months(), self.pairs(4))

    def test_late(self) -> None:
        for month in (1, 2, 3):
            self.travel(self.edges(month)[-1] + 20)
            periods.current()  # an interview begins before Stripe's message is here
            self.now_has(self.at(month - 1))  # a message that speaks of the month before
            self.travel(self.edges(month)[-1] + 2 * 86400)
            self.now_has(self.at(month))

        self.assertEqual(self.months(), self.pairs(4))

    def test_early(self) -> None:
        """Stripe's clock is ahead of ours: its month has begun, ours has a minute left."""
        for month in (1, 2, 3):
            self.travel(self.edges(month)[-1] - 60)
            self.now_has(self.at(month))
            self.assertEqual(self.months(), self.pairs(month))
            self.travel(self.edges(month)[-1])
            periods.current()

        self.assertEqual(self.months(), self.pairs(4))

    def test_missing(self) -> None:
        self.travel(self.edges(3)[-1] + 20)
        periods.current()
        self.assertEqual(self.months(), self.pairs(4))

        self.now_has(self.at(3))
        self.assertEqual(self.months(), self.pairs(4))

    def test_a_month_that_stripe_begins_anew_ends_ours(self) -> None:
        reset = self.start + 10 * 86400
        self.travel(reset + 5)
        raw = self.at(0) | {"billing_cycle_anchor": reset}
        raw["items"]["data"][0] |= {"current_period_start": reset, "current_period_end": month_after(reset)}

        self.now_has(raw)
        self.now_has(raw)

        self.assertEqual(self.months(), [(self.start, reset), (reset, month_after(reset))])

    def test_an_end_that_stripe_puts_off_is_put_off_here(self) -> None:
        raw, later = self.at(0), self.edges(1)[1] + 5 * 86400
        raw["billing_cycle_anchor"] = later
        raw["items"]["data"][0]["current_period_end"] = later

        self.now_has(raw)

        self.assertEqual(self.months(), [(self.start, later)])

    def test_an_end_that_nobody_heard_of_gives_no_month_away_once_it_is_known(self) -> None:
        """Cancelled for the end of the month, and our own row ends it there: Stripe's messages all got lost."""
        self.now_has(self.at(0) | {"cancel_at_period_end": True})
        self.travel(self.edges(1)[1] + 3600)

        periods.renew(subscription_id=self.held.pk)

        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.months()), ("cancelled", self.pairs(1)))
        self.assertTrue(Due.objects.filter(kind="period_close").exists())

    def test_an_end_taken_back_unheard_is_taken_back_here(self) -> None:
        self.now_has(self.at(0) | {"cancel_at_period_end": True})
        self.travel(self.edges(1)[1] + 3600)
        periods.renew(subscription_id=self.held.pk)

        self.now_has(self.at(1))

        self.assertEqual((self.held.status, self.months()), ("active", self.pairs(2)))
