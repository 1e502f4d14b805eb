"""One model alone: who is asked, and whose answer is kept for whom."""

from decimal import Decimal
from typing import Any

from django.test import override_settings

from core import clock, tenancy
from core.ids import uuid7
from core.testing import TenantTestCase
from llm import features, gateway, keeping, pinning, preparing, registry, spent
from llm.models import Account
from llm.policy import PLATFORM, TenantPolicy
from llm.spent import Spent
from llm.tests.accounts import account
from llm.tests.asking import ask, using
from llm.tests.made import call
from tests.mock_model import MockModel

POLICY = TenantPolicy(schema=PLATFORM)


class PinningTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(tenancy.enter_platform())
        Account.objects.update(is_enabled=False)
        self.mock = self.enterContext(MockModel())
        self.enterContext(override_settings(LLM_ENV={"SOME_KEY": "sk-SECRET-KEY"}))  # pragma: allowlist secret
        account("cheap", self.mock.url, "env:SOME_KEY", model="small", usd="1")
        account("dear", self.mock.url, "env:SOME_KEY", model="large", usd="9")

    def test_a_name_is_that_of_the_account_and_model_or_of_the_model(self) -> None:
        for name in ("dear/large", "large"):
            self.assertEqual(pinning.to(POLICY, name, feature="evaluation").models, {"dear/large"})

    def test_without_a_name_it_is_the_one_that_is_asked_first(self) -> None:
        self.assertEqual(pinning.to(POLICY, "", feature="evaluation").models, {"cheap/small"})

    def test_a_name_that_is_not_in_use_is_refused_with_those_that_are(self) -> None:
        with self.assertRaises(pinning.NotUsable) as refusal:
            pinning.to(POLICY, "huge", feature="evaluation")

        self.assertEqual(str(refusal.exception), "huge is no model in use. There are: cheap/small, dear/large.")

    def test_without_any_model_it_says_which_setting_makes_one(self) -> None:
        Account.objects.update(is_enabled=False)
        registry.forget()

        with self.assertRaises(pinning.NotUsable) as refusal:
            pinning.to(POLICY, "", feature="evaluation")

        self.assertIn("Set OPENAI_BASE_URL", str(refusal.exception))

    def test_only_the_pinned_model_is_asked_whatever_it_costs(self) -> None:
        with override_settings(LLM_ENV={"SOME_KEY": "sk-SECRET-KEY"}):  # pragma: allowlist secret
            for name in ("large", "small"):
                completion = ask(policy=pinning.to(POLICY, name, feature="evaluation"))
                self.assertEqual(completion.model, name)

        self.assertEqual([request["model"] for request in self.mock.requests], ["large", "small"])

    def test_a_policy_without_models_is_mode_model_and_one_with_an_unknown_is_basic(self) -> None:
        self.assertEqual(gateway.mode(POLICY), "model")
        self.assertEqual(gateway.mode(TenantPolicy(PLATFORM, models=frozenset({"x/y"}))), "basic")


class KeptTests(TenantTestCase):
    def key(self, **policy: Any) -> str:
        asked: Any = {
            "feature": "evaluation", "policy": TenantPolicy(**{"schema": "alpha"} | policy),
            "messages": [{"role": "user", "content": "How?"}], "max_tokens": 100, "deadline": 9e9,
        }  # fmt: skip
        return keeping.key(preparing.prepare(asked))

    def test_each_pinned_model_has_answers_of_its_own(self) -> None:
        keys = {self.key(), self.key(models=frozenset({"a/b"})), self.key(models=frozenset({"a/c"}))}

        self.assertEqual(len(keys), 3)

    def test_the_platform_s_answers_are_found_without_a_tenant_and_by_no_tenant(self) -> None:
        with tenancy.enter_platform():
            platform_s = self.key(schema=PLATFORM)

        self.assertTrue(platform_s.startswith("candor:llm:cache:evaluation:"))
        self.assertNotEqual(self.key(), platform_s)
        self.assertIn(":alpha:llm-cache:", self.key())

    def test_the_second_equal_call_of_the_platform_is_kept_and_free(self) -> None:
        run_id, feature = uuid7(), features.named("evaluation")
        self.assertGreater(feature.cache_seconds, 0)
        with MockModel() as mock, using(mock), tenancy.enter_platform():
            for _time in range(2):
                ask(feature="evaluation", complexity="complex", policy=POLICY, interview_id=run_id, known=())
            found = spent.by(run_id)

        self.assertEqual((mock.chats, found.calls, found.kept, found.cost_usd), (1, 1, 1, None))


class SpentTests(TenantTestCase):
    def test_calls_money_and_latency_are_those_of_the_run_alone(self) -> None:
        run_id, now = uuid7(), clock.now()
        mine: dict[str, Any] = {"tenant": PLATFORM, "interview_id": run_id}
        for latency in (100, 300, 200, 900):
            call(now, cost="0.01", latency_ms=latency, **mine)
        call(now, cost="0.02", latency_ms=50, error_kind="schema", **mine)
        call(now, cost="0", source="cache", saved_usd=Decimal("0.05"), **mine)
        call(now, cost="7", tenant="alpha", interview_id=run_id)
        call(now, cost="7", tenant=PLATFORM)

        found = spent.by(run_id)

        self.assertEqual(found, Spent(5, 1, Decimal("0.06"), Decimal("0.11"), (100, 200, 300, 900)))
        self.assertEqual((found.seconds(0.5), found.seconds(0.95)), (0.2, 0.9))

    def test_an_unknown_price_is_no_price_and_no_call_no_latency(self) -> None:
        run_id = uuid7()
        self.assertEqual((spent.by(run_id).cost_usd, spent.by(run_id).seconds(0.5)), (Decimal(0), None))

        call(clock.now(), cost=None, tenant=PLATFORM, interview_id=run_id)

        self.assertEqual((spent.by(run_id).cost_usd, spent.by(run_id).price_usd), (None, None))
