"""That a tenant's own budget is nearly used up, or is, is noticed once, whoever is at it, and nobody waits for it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import time_machine
from prometheus_client import REGISTRY

from core import due
from core.models import Due
from core.redis import client
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from llm import budgets, own_alerts, own_budgets
from llm.failures import Unavailable
from llm.models import Account, LlmCall, OwnBudget, OwnBudgetNotice
from llm.own_budgets import LOOK, TELL
from llm.policy import TenantPolicy
from llm.tests.asking import ask, forget, using
from llm.tests.made import call
from llm.tests.owned import own
from tests.mock_model import MockModel

NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)


def noticed() -> list[tuple[str, Decimal, Decimal]]:
    rows = OwnBudgetNotice.objects.order_by("noticed_at", "pk")
    return list(rows.values_list("level", "limit_usd", "spent_usd"))


def owed(kind: str) -> int:
    return Due.objects.filter(kind=kind).count()


def refusals() -> list[float]:
    """Of tenants' own budgets, and of the platform's."""
    names = ("candor_llm_own_budget_refusals_total", "candor_llm_budget_refusals_total")
    return [REGISTRY.get_sample_value(name) or 0.0 for name in names]


class LookTests(TenantTestCase):
    def spend(self, usd: str, at: datetime = NOON, **more: Any) -> None:
        call(at, cost=usd, **more)

    def look(self, row: OwnBudget, at: datetime = NOON) -> None:
        with time_machine.travel(at, tick=False):
            own_alerts.look(budget_id=row.pk)

    def test_each_level_is_noticed_once_a_period_and_owed_to_be_told(self) -> None:
        row = own("1.00", warn_percent=50)
        due.owe(LOOK, row.pk)
        found = []
        for usd in ("0.49", "0.01", "0.3", "0.2", "5"):
            self.spend(usd)
            self.look(row)
            found.append([level for level, _, _ in noticed()])

        self.assertEqual(found, [[], ["warned"], ["warned"], ["warned", "used_up"], ["warned", "used_up"]])
        self.assertEqual([spent for _, _, spent in noticed()], [Decimal("0.5"), Decimal(1)])
        self.assertEqual((owed(TELL), owed(LOOK)), (2, 0))

    def test_nobody_is_warned_of_what_is_used_up_already(self) -> None:
        row = own("1.00")
        own_alerts.refused({f"own:{row.pk.hex}"})
        self.spend("0.9", at=datetime.now(UTC))

        own_alerts.look(budget_id=row.pk)

        self.assertEqual([level for level, _, _ in noticed()], ["used_up"])

    def test_the_next_day_and_another_limit_count_anew(self) -> None:
        row = own("1.00")
        self.spend("1.00")
        self.look(row)
        own("2.00", seen=1)
        self.look(row)
        self.spend("1.00")
        self.look(row)
        self.spend("2.00", NOON + timedelta(days=1))
        self.look(row, NOON + timedelta(days=1))

        levels = [(level, limit) for level, limit, _ in noticed()]
        self.assertEqual(levels, [("used_up", Decimal(1)), ("used_up", Decimal(2)), ("used_up", Decimal(2))])

    def test_others_calls_count_for_nothing(self) -> None:
        row = own("1.00", group_id=UUID(int=7))
        self.spend("9", group_id=UUID(int=8))
        self.spend("9", tenant=OTHER, group_id=UUID(int=7))

        self.look(row)

        self.assertEqual(noticed(), [])

    def test_another_tenant_s_budget_is_not_looked_at_and_a_removed_one_is_let_go(self) -> None:
        row = own("1.00")
        self.spend("1.00")
        with self.in_tenant(OTHER):
            self.look(row)
        other = noticed()
        own_budgets.remove(period="day", group_id=None, seen=1)

        self.look(row)

        self.assertEqual((other, noticed(), owed(TELL)), ([], [], 0))

    def test_what_a_page_shows_is_of_this_period_and_limit(self) -> None:
        row = own("1.00")
        self.spend("1.00")
        self.look(row)

        with time_machine.travel(NOON, tick=False):
            now = {key: one.level for key, one in own_alerts.reached("alpha").items()}
            others = own_alerts.reached(OTHER)
            own("9.00", seen=1)
            raised = own_alerts.reached("alpha")
        with time_machine.travel(NOON + timedelta(days=1), tick=False):
            own("1.00", seen=2)
            tomorrow = own_alerts.reached("alpha")

        self.assertEqual((now, others, raised, tomorrow), ({row.pk: "used_up"}, {}, {}, {}))


class NoticingTests(TenantTestCase):
    """With a priced model: groq's rows, at the mock's address."""

    def setUp(self) -> None:
        super().setUp()
        self.mock = self.enterContext(MockModel())
        Account.objects.filter(label="groq-free").update(base_url=self.mock.url)
        self.enterContext(using(self.mock, "", OPENAI_BASE_URL="", GROQ_API_KEY="g"))

    def test_a_call_near_the_end_owes_one_look_and_one_far_from_it_none(self) -> None:
        own("100.00")
        ask(interview_id=None)
        far = owed(LOOK)
        row = own("100.00", period="month", warn_percent=1)
        [ceiling] = [one for one in budgets.applying(TenantPolicy(schema="alpha"), "report") if one.own_id == row.pk]
        client().set(ceiling.key, ceiling.warn_nano)

        for _ in range(2):
            ask(interview_id=None)

        self.assertEqual((far, [one.object_id for one in Due.objects.filter(kind=LOOK)]), (0, [row.pk]))
        self.assertEqual(set(Due.objects.filter(kind=LOOK).values_list("tenant", flat=True)), {"alpha"})

    def test_a_refused_call_is_noticed_once_and_asks_nobody(self) -> None:
        own("0.01")
        [ceiling] = budgets.applying(TenantPolicy(schema="alpha"), "interview_turn")
        client().set(ceiling.key, 9_999_999)

        before = refusals()
        for _ in range(3):
            with self.assertRaises(Unavailable) as refused:
                ask(interview_id=None)
        own_ones, platforms = (after - was for after, was in zip(refusals(), before, strict=True))

        self.assertEqual((refused.exception.kind, self.mock.chats, LlmCall.objects.count()), ("budget", 0, 0))
        self.assertEqual(noticed(), [("used_up", Decimal("0.01"), Decimal(0))])
        self.assertEqual((own_ones, platforms), (3, 0))  # nobody is woken for a tenant's own wish
        self.assertEqual(owed(TELL), 1)

    def test_the_call_s_job_stands_in_the_ledger(self) -> None:
        job = UUID(int=7)

        ask(policy=TenantPolicy(schema="alpha", group_id=job), interview_id=None)

        self.assertEqual(set(LlmCall.objects.values_list("group_id", flat=True)), {job})


class AtOnceTests(CommittingTestCase):
    def test_whoever_notices_at_once_there_is_one_notice_and_one_mail_owed(self) -> None:
        forget()
        row = own("1.00")
        self.addCleanup(own_budgets.forget_tenant, "alpha")
        call(datetime.now(UTC), cost="1.5")

        results = at_once(
            *[partial(own_alerts.look, budget_id=row.pk)] * 4, *[partial(own_alerts._note_used_up, row.pk)] * 4
        )

        self.assertEqual(results, [None] * 8)
        self.assertEqual([level for level, _, _ in noticed()], ["used_up"])
        self.assertEqual(owed(TELL), 1)
