"""How the last hour compares, how much of each budget is gone, and what a scrape shows of both."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine
from prometheus_client.core import Metric

from core.testing import TenantTestCase
from llm import gauges, metrics, pace, usage
from llm.models import Budget
from llm.tests.made import call

NOW = datetime(2026, 3, 20, 12, 45, tzinfo=UTC)
NOON = NOW.replace(minute=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def values(*families: Metric) -> dict[str, dict[tuple[str, ...], float]]:
    return {
        family.name: {tuple(sample.labels.values()): round(sample.value, 6) for sample in family.samples}
        for family in families
    }


@time_machine.travel(NOW, tick=False)
class LastHourTests(TenantTestCase):
    def test_the_usual_is_the_mean_of_the_same_hour_over_the_seven_days_before(self) -> None:
        for days in range(1, 9):
            call(NOON - days * DAY, cost="7" if days < 8 else "1000")
            call(NOON - days * DAY - HOUR, cost="50")
        usage.roll_up()

        self.assertEqual(pace.usual_usd(NOW), Decimal(7))

    def test_with_three_days_of_history_it_is_the_mean_of_these(self) -> None:
        call(NOON - 3 * DAY, cost="6")
        usage.roll_up()

        self.assertEqual(pace.usual_usd(NOW), Decimal(2))

    def test_where_the_same_hours_cost_nothing_it_is_the_mean_hour(self) -> None:
        call(NOON - 10 * HOUR, cost="5")
        usage.roll_up()

        self.assertEqual(pace.usual_usd(NOW), Decimal("0.5"))

    def test_without_history_nothing_is_usual(self) -> None:
        call(NOW)
        usage.roll_up()

        self.assertIsNone(pace.usual_usd(NOW))

    def test_the_last_sixty_minutes_count_whether_added_up_or_not_and_reuse_is_of_what_is_kept(self) -> None:
        call(NOW - HOUR, cost="90", feature="evaluation")
        call(NOW - timedelta(minutes=59), cost="3", feature="evaluation")
        call(NOW, cost="1", feature="evaluation", attempt=2, tenant="beta")
        call(NOW, cost="0", feature="evaluation", source="cache")
        call(NOW, cost="0", feature="report", source="shared")
        call(NOW, cost="0", feature="report", source="template")
        call(NOW, cost="0", feature="interview_turn", source="cache")  # its answers are not kept
        call(NOW, cost=None, settled_at=None, latency_ms=None)

        found = pace.last_hour(NOW)

        self.assertEqual((found.spent_usd, found.requests, found.cacheable, found.reused), (4, 5, 4, 2))
        self.assertEqual((found.usd_a_request, found.cache_hit_rate), (Decimal("0.8"), 0.5))

    def test_a_scrape_shows_it_and_leaves_out_what_is_unknown(self) -> None:
        call(NOW, cost="4", feature="evaluation")

        found = values(*gauges.last_hour())

        self.assertEqual(
            found,
            {
                "candor_llm_hour_dollars": {(): 4.0},
                "candor_llm_usual_hour_dollars": {},
                "candor_llm_request_dollars": {(): 4.0},
                "candor_llm_hour_requests": {(): 1.0},
                "candor_llm_hour_cacheable": {(): 1.0},
                "candor_llm_cache_hit_ratio": {(): 0.0},
            },
        )


@time_machine.travel(NOW, tick=False)
class AccountTests(TenantTestCase):
    def test_an_account_s_hour_is_held_against_its_mean_hour_of_seven_days(self) -> None:
        for hours in range(24, 24 * 9, 12):
            for _ in range(6):
                call(NOON - hours * HOUR, account="old")
        call(NOON - HOUR, account="old")
        for _ in range(4):
            call(NOW, account="old")
        call(NOW, account="", source="cache")
        call(NOON - 5 * HOUR, account="new")
        usage.roll_up()

        found = {use.account: (use.calls, use.usual and round(use.usual, 2)) for use in pace.accounts(NOW)}

        week = 6 * 13 + 1  # the oldest of them lies 168 hours before noon, 167 before the first hour that counts
        self.assertEqual(found, {"old": (4, round(week / 168, 2))})

    def test_a_scrape_has_no_usual_for_an_account_in_its_first_day(self) -> None:
        call(NOON - 2 * DAY, account="old")
        call(NOW, account="new")
        usage.roll_up()

        self.assertEqual(
            values(*gauges.account_use()),
            {
                "candor_llm_account_hour_calls": {("new",): 1.0, ("old",): 0.0},
                "candor_llm_account_usual_hour_calls": {("old",): 1.0},
            },
        )


@time_machine.travel(NOW, tick=False)
class ShareTests(TenantTestCase):
    def test_each_budget_has_its_own_scope_and_period(self) -> None:
        for at in (NOW, NOON - 3 * HOUR, NOON - 2 * DAY, NOON - 20 * DAY):
            call(at, cost="1", feature="evaluation")
            call(at, cost="2", feature="report")
            call(at, cost="4", feature="evaluation", tenant="beta")
        usage.roll_up()
        for tenant, feature, period in (
            ("", "", "day"),
            ("", "", "month"),
            ("alpha", "", "day"),
            ("", "evaluation", "day"),
            ("alpha", "report", "month"),
        ):
            Budget.objects.create(tenant=tenant, feature=feature, period=period, limit_usd=20, warn_percent=70)
        Budget.objects.create(tenant="beta", limit_usd=1, is_enabled=False)

        found = values(*gauges.budget_shares())

        spent = {
            "platform everything a day": 14,
            "platform everything a month": 21,
            "alpha everything a day": 6,
            "platform evaluation a day": 10,
            "alpha report a month": 6,
        }
        self.assertEqual(
            found["candor_llm_budget_spent_ratio"], {(name,): dollars / 20 for name, dollars in spent.items()}
        )
        self.assertEqual(set(found["candor_llm_budget_warn_ratio"].values()), {0.7})

    def test_a_budget_without_calls_is_not_spent(self) -> None:
        Budget.objects.create(tenant="beta", limit_usd=1)

        self.assertEqual([share.ratio for share in pace.shares(NOW)], [0.0])

    def test_leaks_of_every_feature_stand_at_0_from_the_start(self) -> None:
        leaks = values(*metrics.context_leaks.collect())["candor_llm_context_leaks"]

        self.assertIn(("evaluation", "in"), leaks)
        self.assertIn(("interview_turn", "out"), leaks)
