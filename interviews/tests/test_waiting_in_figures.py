"""Evaluations that waited for a batch, as the statistics and the costs tell of them."""

from datetime import datetime, timedelta
from decimal import Decimal

import time_machine

from core import clock
from interviews.tests.test_evaluations_that_wait import WaitingCase, all_but_two
from llm import costs, stats, usage


class FiguresTests(WaitingCase):
    def test_fifteen_requests_are_fifteen_in_the_statistics_and_in_the_costs_whatever_answered_them(self) -> None:
        since = usage.hour_of(clock.now())
        self.look()
        self.ended(all_but_two)
        self.look()
        until = clock.now() + timedelta(minutes=1)

        with self.subTest("raw"):
            self.assert_fifteen(since, until)
        with time_machine.travel(until + timedelta(hours=2)):
            usage.roll_up()
        stats.forget()
        with self.subTest("added up"):
            self.assert_fifteen(since, until)

    def assert_fifteen(self, since: datetime, until: datetime) -> None:
        found = stats.optimization_stats(since, until, "alpha")
        (cost,) = costs.costs("feature", since, until, tenant="alpha")

        self.assertEqual((found.total_requests, found.api_calls, found.cache_hits), (15, 15, 0))
        self.assertEqual((found.api_call_rate, found.total_savings), (1.0, 0))
        self.assertEqual(found.savings_usd, Decimal("0.021"))  # fourteen answers of the batch, each at half of 0.003
        self.assertEqual((cost.key, cost.requests, cost.cost_usd), ("evaluation", 15, Decimal("0.0264")))
