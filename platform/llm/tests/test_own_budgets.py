"""Budgets that a tenant sets for itself: whose they are, who may overwrite them, what the ledger says of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine
from django.db import DatabaseError

from core.ids import uuid7
from core.redis import client
from core.testing import OTHER, CommittingTestCase, TenantTestCase
from llm import admission, budgets, own_budgets, own_use, usage
from llm.admission import NoRoom
from llm.models import Budget, LlmCall, OwnBudget, UsageGroup
from llm.policy import TenantPolicy
from llm.tests.asking import forget
from llm.tests.made import call
from llm.tests.of_jobs import ALPHA, JOB, OF_JOB, OTHER_JOB
from llm.tests.owned import counted, own
from llm.tests.test_admission import candidate

NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)


@time_machine.travel(NOON, tick=False)
class CeilingTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        forget()
        self.addCleanup(forget)

    def names(self, policy: TenantPolicy) -> list[str]:
        return [one.name for one in budgets.applying(policy, "evaluation")]

    def test_a_call_falls_under_those_of_its_tenant_and_its_job_after_the_platform_s(self) -> None:
        own("5.00")
        own("50.00", period="month")
        own("20.00", group_id=JOB)
        own("20.00", group_id=OTHER_JOB)
        Budget.objects.create(tenant="alpha", limit_usd=Decimal(3))

        self.assertEqual(
            self.names(ALPHA), ["alpha everything a day", "alpha everything day", "alpha everything month"]
        )
        self.assertEqual(self.names(OF_JOB)[-1], f"alpha {JOB} total")
        self.assertEqual(len(self.names(OF_JOB)), 4)

    def test_the_lower_of_the_platform_s_and_the_own_one_decides_and_says_which_it_was(self) -> None:
        for platforms, owns, reason in (("0.50", "9.00", "budget"), ("9.00", "0.50", "own:")):
            with self.subTest(reason):
                OwnBudget.objects.all().delete()
                Budget.objects.all().delete()
                Budget.objects.create(tenant="alpha", limit_usd=Decimal(platforms))
                row = own(owns)
                budgets.forget()
                forget()

                with self.assertRaises(NoRoom) as full:
                    self.admit(ALPHA, cost_nano=500_000_001)
                self.admit(ALPHA, cost_nano=500_000_000)

                self.assertEqual(full.exception.reasons, (reason if reason == "budget" else f"own:{row.pk.hex}",))
                self.assertEqual(set(counted(ALPHA).values()), {500_000_000})

    def test_a_soft_one_counts_and_stops_nothing(self) -> None:
        own("0.01", is_hard=False)

        self.admit(ALPHA, cost_nano=10**9)

        self.assertEqual(counted(ALPHA), {"alpha everything day": 10**9})

    def test_another_job_s_call_counts_for_the_tenant_and_not_for_this_job(self) -> None:
        own("1.00")
        own("1.00", group_id=JOB)

        self.admit(TenantPolicy(schema="alpha", group_id=OTHER_JOB), cost_nano=7)
        self.admit(OF_JOB, cost_nano=30)

        self.assertEqual(counted(OF_JOB), {"alpha everything day": 37, f"alpha {JOB} total": 30})

    def test_changed_in_the_middle_it_keeps_its_count_and_removed_and_set_anew_it_asks_the_ledger(self) -> None:
        call(NOON, cost="0.25")
        own("1.00")
        self.admit(ALPHA, cost_nano=5)

        own("2.00", seen=1)
        changed = counted(ALPHA)
        own_budgets.remove(period="day", group_id=None, seen=2)
        own("3.00")
        self.admit(ALPHA, cost_nano=5)

        self.assertEqual((changed, counted(ALPHA)), ({"alpha everything day": 250_000_005},) * 2)

    def admit(self, policy: TenantPolicy, *, cost_nano: int) -> None:
        ceilings = budgets.applying(policy, "evaluation")
        admission.admit([candidate("one", cost_nano=cost_nano)], call_id=uuid7(), seconds=5.0, ceilings=ceilings)


@time_machine.travel(NOON, tick=False)
class LedgerTests(TenantTestCase):
    """What a budget's counter begins with is the ledger's, to the last of its eight decimals."""

    def setUp(self) -> None:
        super().setUp()
        forget()
        self.addCleanup(forget)
        self.since = {
            "day": NOON - timedelta(hours=11),
            "month": NOON - timedelta(days=9),
            "total": NOON - timedelta(200),
        }
        for at in self.since.values():
            call(at, cost="0.10000001", group_id=JOB)
            call(at, cost="3", group_id=OTHER_JOB)
            call(at, cost="5", tenant=OTHER, group_id=JOB)
            call(at, cost=None, settled_at=None, latency_ms=None, group_id=JOB)
        for period in ("day", "month"):
            own("100.00", period=period)
        own("100.00", group_id=JOB)

    def spent(self) -> list[int]:
        found = {one.name.rpartition(" ")[2]: budgets.spent_nano(one) for one in budgets.applying(OF_JOB, "report")}
        return [found[period] for period in ("day", "month", "total")]

    def test_it_is_the_same_added_up_or_not_and_after_the_ledger_let_its_rows_go(self) -> None:
        raw = self.spent()
        LlmCall.objects.filter(settled_at=None).update(settled_at=NOON, latency_ms=0)
        usage.roll_up()
        rolled = self.spent()

        self.assertEqual(raw, [3_100_000_010, 6_200_000_020, 300_000_030])
        self.assertEqual(rolled, raw)
        self.assertEqual(own_use.by_group([JOB, OTHER_JOB]), {JOB: Decimal("0.30000003"), OTHER_JOB: Decimal(9)})
        self.assertEqual(UsageGroup.objects.filter(tenant="alpha", group_id=JOB).count(), 3)

    def test_after_redis_forgot_everything_the_counters_are_the_ledger_s_sums(self) -> None:
        ceilings = budgets.applying(OF_JOB, "report")
        for _ in range(2):
            client().delete(*(one.key for one in ceilings))
            admission.admit([candidate("one", cost_nano=9)], call_id=uuid7(), seconds=5.0, ceilings=ceilings)

        self.assertEqual(list(counted(OF_JOB).values()), [nano + 9 for nano in self.spent()])

    def test_a_total_never_begins_anew_and_a_day_and_a_month_do_in_utc(self) -> None:
        with time_machine.travel(NOON.replace(day=28, hour=23, minute=59), tick=False):
            within = self.spent()
        with time_machine.travel(datetime(2026, 3, 1, tzinfo=UTC), tick=False):
            after = self.spent()

        self.assertEqual(within, [0, 6_200_000_020, 300_000_030])
        self.assertEqual(after, [0, 0, 300_000_030])

    def test_what_is_shown_is_spent_and_set_aside_and_where_it_leads(self) -> None:
        mine = own_use.all_of()
        for one in budgets.applying(OF_JOB, "report"):
            client().set(one.key, budgets.spent_nano(one) + 500_000_000)

        found = {row.period: own_use.uses(mine)[row.pk] for row in mine}

        day, month, total = found["day"], found["month"], found["total"]
        self.assertEqual((day.spent_usd, day.held_usd, day.percent), (Decimal("3.10000001"), Decimal("0.5"), 3))
        self.assertEqual(day.forecast_usd(NOON), Decimal("6.20000002"))  # half of the day is over
        self.assertEqual(month.until, datetime(2026, 3, 1, tzinfo=UTC))
        self.assertEqual((total.spent_usd, total.forecast_usd(NOON)), (Decimal("0.30000003"), None))
        self.assertEqual(day.forecast_usd(NOON.replace(hour=1)), None)  # too early


class PruningTests(CommittingTestCase):
    def test_a_row_of_a_group_leaves_the_ledger_only_once_the_group_s_sum_has_it(self) -> None:
        now = datetime.now(UTC)
        call(now - timedelta(days=100), cost="0.7", group_id=JOB)
        call(now - timedelta(hours=3), cost="0.04", group_id=JOB)
        own("1.00", group_id=JOB)
        self.addCleanup(own_budgets.forget_tenant, "alpha")
        [ceiling] = budgets.applying(OF_JOB, "report")
        usage.roll_up()
        kept = UsageGroup.objects.earliest("hour")
        UsageGroup.objects.filter(hour=kept.hour).delete()
        with self.assertRaisesRegex(DatabaseError, "stays in the ledger"):
            usage.prune(keep_days=90)
        lost = budgets.spent_nano(ceiling)
        kept.save(force_insert=True)

        deleted = usage.prune(keep_days=90)

        self.assertEqual((lost, deleted, LlmCall.objects.count()), (40_000_000, 1, 1))
        self.assertEqual(budgets.spent_nano(ceiling), 740_000_000)
