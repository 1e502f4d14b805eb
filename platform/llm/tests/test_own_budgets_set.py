"""A tenant sets its own budgets: who may, what is refused, and what the trail says."""

from decimal import Decimal
from functools import partial
from typing import Any
from unittest import mock

from django.db import IntegrityError, transaction

from core import tenancy
from core.ids import uuid7
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from llm import admission, budgets, own_budgets, own_use
from llm.admission import NoRoom
from llm.models import OwnBudget
from llm.own_budgets import ChangedMeanwhile
from llm.tests.asking import forget
from llm.tests.of_jobs import JOB, OF_JOB, OTHER_JOB, trail
from llm.tests.owned import counted, own, terms
from llm.tests.test_admission import candidate


class SettingTests(TenantTestCase):
    def test_what_was_set_and_changed_is_in_the_trail_from_what_to_what(self) -> None:
        row = own("10.00", group_id=JOB)
        own("12.50", group_id=JOB, seen=1, is_hard=False, warn_percent=50)
        own_budgets.remove(period="total", group_id=JOB, seen=2)

        before = {"limit_usd": "10.00", "is_hard": True, "warn_percent": 80}
        after = {"limit_usd": "12.50", "is_hard": False, "warn_percent": 50}
        events = trail().filter(object_id=str(row.pk)).order_by("pk").values_list("action", "detail")
        self.assertEqual(
            list(events),
            [
                ("budget.set", {"period": "total", "group": str(JOB), "to": before}),
                ("budget.changed", {"period": "total", "group": str(JOB), "from": before, "to": after}),
                ("budget.removed", {"period": "total", "group": str(JOB), "from": after}),
            ],
        )
        self.assertFalse(OwnBudget.objects.exists())

    def test_who_saw_another_revision_overwrites_and_removes_nothing(self) -> None:
        own("10.00")

        for seen in (0, 2):
            with self.subTest(seen=seen):
                with self.assertRaises(ChangedMeanwhile):
                    own("99.00", seen=seen)
                with self.assertRaises(ChangedMeanwhile):
                    own_budgets.remove(period="day", group_id=None, seen=seen)

        self.assertEqual(OwnBudget.objects.get().limit_usd, Decimal("10.00"))
        self.assertEqual(trail().filter(action__startswith="budget.").count(), 1)

    def test_another_tenant_s_is_neither_read_nor_changed(self) -> None:
        own("10.00", group_id=JOB)
        with self.in_tenant(OTHER):
            with self.assertRaises(ChangedMeanwhile):
                own_budgets.remove(period="total", group_id=JOB, seen=1)
            own("5.00", group_id=JOB)
            own("6.00")

        self.assertEqual([row.limit_usd for row in own_budgets.over("alpha", JOB)], [Decimal("10.00")])
        self.assertEqual([one.tenant for one in budgets.applying(OF_JOB, "report")], ["alpha"])
        self.assertEqual(own_use.of_group(OTHER_JOB), None)

    def test_the_database_refuses_what_makes_no_sense(self) -> None:
        refused: dict[str, tuple[dict[str, Any], str]] = {
            "a job a day": ({"group_id": JOB}, "own_budget_of_a_group_is_a_total"),
            "a total of everything": ({"period": "total"}, "own_budget_of_a_group_is_a_total"),
            "nothing": ({"limit_usd": 0}, "own_budget_is_plausible"),
            "absurd": ({"limit_usd": Decimal("1000000.01")}, "own_budget_is_plausible"),
            "a warning at the end": ({"warn_percent": 100}, "own_budget_warns_before_its_end"),
        }
        sound: dict[str, Any] = {
            "tenant": "alpha",
            "period": "day",
            "limit_usd": 1,
            "is_hard": True,
            "warn_percent": 80,
        }
        for name, (odd, constraint) in refused.items():
            with self.subTest(name), self.assertRaisesMessage(IntegrityError, constraint), transaction.atomic():
                OwnBudget.objects.create(**sound | odd)
        OwnBudget.objects.create(**sound)

    def test_a_closed_tenant_s_are_gone_and_the_others_stay(self) -> None:
        own()
        with self.in_tenant(OTHER):
            own()

        own_budgets.forget_tenant("alpha")

        self.assertEqual(list(OwnBudget.objects.values_list("tenant", flat=True)), [OTHER])

    def test_they_are_read_once_in_five_seconds_and_never_for_the_platform(self) -> None:
        own()
        with mock.patch.object(own_budgets, "CACHE_SECONDS", 3600):
            own_budgets.of("alpha")

            with self.assertNumQueries(0):
                own_budgets.over("alpha", JOB)
                own_budgets.of("public")


class AtOnceTests(CommittingTestCase):
    def tearDown(self) -> None:
        OwnBudget.objects.all().delete()
        super().tearDown()

    def put(self, limit: str, seen: int) -> Decimal:
        return own_budgets.put(period="month", group_id=None, terms=terms(limit), seen=seen).limit_usd

    def test_of_three_who_set_or_change_it_at_once_one_does_and_the_others_are_told(self) -> None:
        for seen in (0, 1):
            with self.subTest(seen=seen):
                results = at_once(*(partial(self.put, limit, seen) for limit in ("10.00", "20.00", "30.00")))

                won = [one for one in results if isinstance(one, Decimal)]
                self.assertEqual(len(won), 1, results)
                self.assertEqual([type(one) for one in results].count(ChangedMeanwhile), 2, results)
                self.assertEqual(OwnBudget.objects.get().limit_usd, won[0])

    def test_sixteen_calls_at_once_never_exceed_the_lower_of_two_budgets(self) -> None:
        forget()
        self.addCleanup(forget)
        own("0.50")
        own("0.05", group_id=JOB)

        def ask() -> bool:
            ceilings = budgets.applying(OF_JOB, "evaluation")
            asked = [candidate("one", cost_nano=10_000_000)]
            try:
                admission.admit(asked, call_id=uuid7(), seconds=5.0, ceilings=ceilings)
            except NoRoom:
                return False
            return True

        with tenancy.enter("alpha"):
            results = at_once(*[ask] * 16)

        self.assertEqual((results.count(True), results.count(False)), (5, 11))
        self.assertEqual(set(counted(OF_JOB).values()), {50_000_000})
