"""What a call may cost, and what the ledger says was spent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine

from core.testing import TenantTestCase
from llm import budgets, usage
from llm.models import Budget
from llm.policy import TenantPolicy
from llm.tests.made import call

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
ALPHA = TenantPolicy(schema="alpha")


def budget(limit: str, **fields: Any) -> Budget:
    return Budget.objects.create(limit_usd=Decimal(limit), **fields)


@time_machine.travel(NOON, tick=False)
class BudgetTests(TenantTestCase):
    def applying(self, policy: TenantPolicy = ALPHA, feature: str = "evaluation") -> dict[str, budgets.Ceiling]:
        return {ceiling.key: ceiling for ceiling in budgets.applying(policy, feature)}

    def test_a_call_falls_under_its_own_budgets_and_no_other_tenant_s_or_feature_s(self) -> None:
        budget("100", period="month")
        budget("5", tenant="alpha")
        budget("7", feature="evaluation")
        budget("2", tenant="alpha", feature="evaluation")
        budget("1", tenant="beta")
        budget("1", tenant="alpha", feature="report")
        budget("1", tenant="alpha", feature="evaluation", period="month", is_enabled=False)

        self.assertEqual(
            set(self.applying()),
            {
                "candor:llm:budget:*:*:month:2026-02-01",
                "candor:llm:budget:alpha:*:day:2026-02-28",
                "candor:llm:budget:*:evaluation:day:2026-02-28",
                "candor:llm:budget:alpha:evaluation:day:2026-02-28",
            },
        )

    def test_money_is_in_nano_dollars_and_a_soft_budget_only_warns(self) -> None:
        budget("0.0003", tenant="alpha", warn_percent=50)
        budget("2", feature="evaluation", is_hard=False)

        soft, hard = (
            self.applying()[f"candor:llm:budget:{scope}:day:2026-02-28"] for scope in ("*:evaluation", "alpha:*")
        )

        self.assertEqual((hard.limit_nano, hard.warn_nano), (300_000, 150_000))
        self.assertEqual((soft.limit_nano, soft.warn_nano), (None, 1_600_000_000))
        self.assertEqual(hard.name, "alpha everything a day")

    def test_a_counter_lasts_for_the_rest_of_its_period_in_utc_and_an_hour(self) -> None:
        budget("1")
        budget("1", period="month")

        with time_machine.travel(datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC), tick=False):
            lasts = {ceiling.key: ceiling.expires_in for ceiling in budgets.applying(ALPHA, "evaluation")}

        self.assertEqual(
            lasts, {"candor:llm:budget:*:*:day:2026-12-31": 3630, "candor:llm:budget:*:*:month:2026-12-01": 3630}
        )

    def test_the_rows_are_read_once_in_five_seconds(self) -> None:
        budget("9")

        with self.assertNumQueries(4):  # the platform's rows and the tenant's own, each after its search path
            self.applying()
        with self.assertNumQueries(0):
            self.applying(feature="report")

    def test_what_was_spent_is_the_settled_calls_of_the_scope_and_period_added_up_or_not(self) -> None:
        for hour in range(-13, 3):  # twelve hours of the day are over
            call(NOON + timedelta(hours=hour), feature="evaluation", cost="0.10000001")
        call(NOON, feature="report", cost="5")
        call(NOON, feature="evaluation", cost="70", tenant="beta")
        call(NOON, feature="evaluation", cost=None)
        call(NOON, feature="evaluation", cost=None, settled_at=None, latency_ms=None)
        budget("1", tenant="alpha", feature="evaluation")
        budget("1", period="month")
        day, month = sorted(self.applying().values(), key=lambda ceiling: ceiling.name)

        raw = (budgets.spent_nano(day), budgets.spent_nano(month))
        usage.roll_up()
        rolled = (budgets.spent_nano(day), budgets.spent_nano(month))

        self.assertEqual(raw, (1_500_000_150, 76_600_000_160))
        self.assertEqual(rolled, raw)
