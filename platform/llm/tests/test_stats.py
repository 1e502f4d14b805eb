"""Costs by whatever calls can be told apart by, and what needed no call at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import time_machine

from core.ids import uuid7
from core.testing import TenantTestCase
from llm import costs, stats, usage
from llm.tests.made import call

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
INTERVIEW = UUID(int=7)


class CostTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        asked = uuid7()
        call(NOON - DAY, cost="1", error_kind="timeout", request_id=asked, interview_id=INTERVIEW)
        call(NOON - DAY, cost="2", request_id=asked, attempt=2, account="groq-2", interview_id=INTERVIEW)
        call(NOON - HOUR, cost="4", feature="evaluation", tenant="beta", provider="openai", account="o", model="big")
        call(NOON, cost="8", tokens_in=10, tokens_out=2)
        call(NOON, cost=None, settled_at=None, latency_ms=None)
        with time_machine.travel(NOON + timedelta(minutes=30)):
            usage.roll_up()
        self.asked = asked

    def costs(self, by: costs.By, **more: Any) -> dict[Any, tuple[int, int, int, int]]:
        found = costs.costs(by, NOON - 2 * DAY, NOON + HOUR, **more)
        return {cost.key: (cost.requests, cost.calls, cost.failures, int(cost.cost_usd)) for cost in found}

    def test_each_key_has_its_requests_calls_failures_and_dollars(self) -> None:
        alpha, beta = (2, 3, 1, 11), (1, 1, 0, 4)
        midnight = NOON.replace(hour=0)
        expected: dict[costs.By, dict[Any, Any]] = {
            "tenant": {"alpha": alpha, "beta": beta},
            "feature": {"interview_turn": alpha, "evaluation": beta},
            "provider": {"groq": alpha, "openai": beta},
            "account": {"groq-1": (2, 2, 1, 9), "groq-2": (0, 1, 0, 2), "o": beta},
            "model": {"m": alpha, "big": beta},
            "hour": {NOON - DAY: (1, 2, 1, 3), NOON - HOUR: beta, NOON: (1, 1, 0, 8)},
            "day": {midnight - DAY: (1, 2, 1, 3), midnight: (2, 2, 0, 12)},
            "source": {"provider": (3, 4, 1, 15)},
            "interview": {INTERVIEW: (1, 2, 1, 3)},
        }
        for by, rows in expected.items():
            with self.subTest(by):
                self.assertEqual(self.costs(by), rows)
        self.assertEqual(self.costs("query")[self.asked], (1, 2, 1, 3))

    def test_a_tenant_s_costs_hold_nothing_of_another_s(self) -> None:
        self.assertEqual(self.costs("feature", tenant="beta"), {"evaluation": (1, 1, 0, 4)})
        self.assertEqual(self.costs("interview", tenant="beta"), {})
        self.assertEqual(self.costs("feature", tenant="gamma"), {})

    def test_what_is_outside_of_the_time_does_not_count(self) -> None:
        found = costs.costs("tenant", NOON - HOUR, NOON)

        self.assertEqual([(cost.key, cost.cost_usd) for cost in found], [("beta", Decimal(4))])

    def test_it_takes_three_queries_however_many_keys_there_are(self) -> None:
        with self.assertNumQueries(3):
            self.costs("account")


class OptimizationStatsTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        stats.forget()
        for place in range(20):
            call(NOON - place * HOUR, error_kind="timeout" if place == 3 else "")
        call(NOON, attempt=2)
        call(NOON, attempt=3)
        call(NOON, source="batch")
        for source, count in {"cache": 4, "shared": 3, "template": 2}.items():
            for place in range(count):
                call(NOON - place * HOUR, source=source, cost="0", saved_usd=Decimal("0.0101"))
        call(NOON, tenant="beta", source="cache", cost="0", saved_usd=Decimal(70))

    def stats(self, tenant: str | None) -> stats.OptimizationStats:
        return stats.optimization_stats(NOON - DAY, NOON + HOUR, tenant)

    def test_it_counts_requests_by_what_answered_them_and_no_retries(self) -> None:
        raw = self.stats("alpha")
        with time_machine.travel(NOON + timedelta(minutes=30)):
            usage.roll_up()
        rolled = self.stats("alpha")

        expected = stats.OptimizationStats(
            total_requests=30,
            cache_hits=4,
            template_hits=2,
            deduplicated=3,
            api_calls=21,
            cache_hit_rate=0.1333,
            template_hit_rate=0.0667,
            api_call_rate=0.7,
            total_savings=9,
            savings_usd=Decimal("0.090900"),
        )
        self.assertEqual(raw, expected)
        self.assertEqual(rolled, expected)

    def test_all_tenants_together_are_the_platform_s(self) -> None:
        found = self.stats(None)

        self.assertEqual((found.total_requests, found.cache_hits, found.savings_usd), (31, 5, Decimal("70.090900")))

    def test_the_hours_are_read_once_a_minute_and_the_newest_calls_every_time(self) -> None:
        with time_machine.travel(NOON + timedelta(minutes=30)):
            usage.roll_up()
        before = self.stats("alpha").total_requests
        call(NOON + timedelta(minutes=31))

        with self.assertNumQueries(2):  # until when hours were added up; the calls since
            after = self.stats("alpha").total_requests

        self.assertEqual((before, after), (30, 31))

    def test_without_requests_every_figure_is_0(self) -> None:
        found = self.stats("gamma")

        self.assertEqual({getattr(found, name) for name in stats.NAMES}, {0})
