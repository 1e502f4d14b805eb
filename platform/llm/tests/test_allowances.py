"""An interview's money is set aside at its start, out of the budgets of each feature, and what it left comes back."""

from decimal import Decimal
from unittest import mock as mocking

from django.test import override_settings

from core.ids import uuid7
from core.redis import client
from core.testing import TenantTestCase
from llm import admission, allowances, budgets, features
from llm.admission import NoCount
from llm.models import Budget
from llm.policy import TenantPolicy
from llm.tests.asking import forget

ALPHA = TenantPolicy(schema="alpha")
# At groq's prices, with the features' caps and the tokens of its reasoning: 12 turns, and 8 ratings of 3 passes.
TURNS, RATINGS = 8_640_000, 79_200_000


class AllowanceTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        forget()
        self.addCleanup(forget)
        self.enterContext(override_settings(LLM_ENV={"GROQ_API_KEY": "g"}))

    def budget(self, limit: str, **fields: str) -> Budget:
        made = Budget.objects.create(limit_usd=Decimal(limit), **fields)
        budgets.forget()
        return made

    def spent(self, feature: str, policy: TenantPolicy = ALPHA) -> list[int]:
        ceilings = budgets.applying(policy, feature)
        return [int(client().get(ceiling.key) or 0) for ceiling in ceilings]

    def test_it_is_the_most_that_twelve_turns_and_eight_ratings_of_three_passes_cost_where_they_go_first(self) -> None:
        found = [
            allowances.most_nano(ALPHA, features.named(name)) for name in ("interview_turn", "evaluation", "report")
        ]

        self.assertEqual(found, [TURNS, RATINGS, 0])

    def test_a_budget_of_everything_holds_both_parts_and_one_of_a_feature_its_own(self) -> None:
        self.budget("1", tenant="alpha")
        self.budget("1", feature="evaluation")

        taken = [allowances.take(ALPHA, interview) for interview in [uuid7()] * 2]

        self.assertEqual(taken, [True, True])
        self.assertEqual(self.spent("interview_turn"), [TURNS + RATINGS])
        self.assertEqual(sorted(self.spent("evaluation")), [RATINGS, TURNS + RATINGS])

    def test_given_back_twice_it_comes_back_once(self) -> None:
        self.budget("1", tenant="alpha")
        first, second = uuid7(), uuid7()
        for interview in (first, second):
            allowances.take(ALPHA, interview)

        for _ in range(2):
            allowances.give_back(first)

        self.assertEqual(self.spent("report"), [TURNS + RATINGS])

    def test_where_a_budget_lacks_a_part_nothing_is_taken(self) -> None:
        self.budget("1", tenant="alpha")
        self.budget("0.01", feature="evaluation")

        self.assertFalse(allowances.take(ALPHA, uuid7()))
        self.assertEqual(self.spent("interview_turn"), [0])

    def test_without_a_budget_or_a_price_nothing_is_asked_of_redis(self) -> None:
        with mocking.patch.object(admission, "_run", side_effect=NoCount) as run:
            without_budget = allowances.take(ALPHA, uuid7())
            self.budget("1", tenant="alpha")
            with override_settings(LLM_ENV={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}):
                without_price = allowances.take(ALPHA, uuid7())

        self.assertEqual((without_budget, without_price, run.call_count), (True, True, 0))

    def test_without_redis_there_is_none_and_nothing_breaks(self) -> None:
        self.budget("1", tenant="alpha")
        with mocking.patch.object(admission, "_run", side_effect=NoCount):
            taken = allowances.take(ALPHA, uuid7())
            allowances.give_back(uuid7())

        self.assertFalse(taken)
