"""A deterministic sample of the models' evaluations is made a second time a day later, and only compared."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.test import override_settings

from core import clock, due
from core.claims import AlreadyClaimed, take
from core.models import Due
from core.redis import client
from core.testing import OTHER, TenantTestCase
from interviews import tasks
from interviews.models import CompetencyRating, Evaluation, Interview, ModelFigures, Retest
from interviews.services import afterwards, evaluations, repeating, retests
from interviews.tests import make
from interviews.tests.counted import counting
from llm import admission, budgets
from llm.models import Account, Budget, LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import using
from tests.mock_model import MockModel

LEVELS, ENDED = "candor_retest_levels_total", "candor_retests_total"


def levels_of(evaluation: Evaluation) -> list[int | None]:
    return list(evaluation.ratings.order_by("competency__position").values_list("level", flat=True))


class SampleTests(TenantTestCase):
    def test_an_id_is_of_the_sample_or_not_whoever_asks_and_whenever(self) -> None:
        of_it = [number for number in range(10_000) if retests.is_of_the_sample(UUID(int=number), share=0.02)]

        self.assertEqual((len(of_it), of_it[:4]), (187, [16, 37, 70, 79]))

    def test_a_greater_share_keeps_what_the_smaller_one_had(self) -> None:
        chosen = [
            {number for number in range(2_000) if retests.is_of_the_sample(UUID(int=number), share=share)}
            for share in (0.0, 0.02, 0.5, 1.0)
        ]

        self.assertEqual((chosen[0], len(chosen[3])), (set(), 2_000))
        self.assertTrue(chosen[1] < chosen[2] < chosen[3])


class ComparisonTests(TenantTestCase):
    def test_levels_are_compared_by_competency_and_no_evidence_by_one_alone_is_neither_same_nor_near(self) -> None:
        first = {"a": 3, "b": 4, "c": 1, "d": None, "e": None, "gone": 2}
        second = {"a": 3, "b": 3, "c": 5, "d": None, "e": 3, "new": 2}

        found = repeating.compare(first, second)

        self.assertEqual(found.apart, (0, 1, 4, 0, None))
        self.assertEqual((found.same, found.within_one, found.largest), (2, 3, 4))

    def test_nothing_in_common_is_no_pair(self) -> None:
        found = repeating.compare({"a": 3}, {"b": 3})

        self.assertEqual((found.apart, found.same, found.within_one, found.largest), ((), 0, 0, 0))


class RetestCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.enterContext(MockModel())
        self.enterContext(using(self.model))
        self.enterContext(override_settings(EVALUATION_RETEST_SHARE=1.0))
        self.interview = make.submitted()
        self.evaluation = self.interview.evaluations.get()
        self.so_far = self.model.chats
        evaluations.run(evaluation_id=self.evaluation.pk)
        self.evaluation.refresh_from_db()
        self.asked = self.asked_again()

    def retest(self) -> Retest:
        return Retest.objects.get(evaluation=self.evaluation)

    def run_it(self) -> Retest:
        with self.captureOnCommitCallbacks(execute=True):
            repeating.run(retest_id=self.retest().pk)
        return self.retest()

    def asked_again(self) -> int:
        """How often the model was asked since this was asked last."""
        before, self.so_far = self.so_far, self.model.chats
        return self.so_far - before

    def due_in(self) -> list[timedelta]:
        rows = Due.objects.filter(kind=retests.KIND)
        return [timedelta(minutes=round((row.due_at - clock.now()).total_seconds() / 60)) for row in rows]

    @contextmanager
    def no_model(self) -> Iterator[None]:
        self.model.server.set(fault="500", every=1)
        try:
            yield
        finally:
            self.model.server.set()


class OwedTests(RetestCase):
    def test_a_sampled_evaluation_owes_its_second_one_in_a_day_with_the_first(self) -> None:
        self.assertEqual((self.evaluation.status, self.retest().status), ("ready", "owed"))
        self.assertEqual((make.owed(retests.KIND), self.due_in()), ([self.retest().pk], [timedelta(days=1)]))
        kind = due.kind_of(retests.KIND)
        self.assertEqual((kind.task, kind.keyword), ("interviews.retest_evaluation", "retest_id"))

    def test_what_is_not_of_the_sample_owes_none(self) -> None:
        with override_settings(EVALUATION_RETEST_SHARE=0.0):
            self.assertFalse(retests.owe(self.evaluation))

        self.assertEqual(Retest.objects.count(), 1)

    def test_a_provisional_result_owes_none(self) -> None:
        with self.no_model():
            basic = make.evaluated(make.invited("joan@example.org")).evaluations.get()

        self.assertEqual((basic.status, Retest.objects.filter(evaluation=basic).count()), ("provisional", 0))


class RepeatedTests(RetestCase):
    def test_the_model_is_asked_anew_as_often_as_the_first_time_and_by_a_feature_of_its_own(self) -> None:
        self.run_it()

        self.assertEqual(self.asked_again(), self.asked)
        calls = LlmCall.objects.filter(feature=retests.FEATURE)
        self.assertEqual((calls.count(), set(calls.values_list("source", flat=True))), (self.asked, {"provider"}))
        self.assertEqual(set(calls.values_list("tenant", "interview_id")), {("alpha", self.interview.pk)})

    def test_the_same_levels_are_stored_as_figures_and_counted(self) -> None:
        with counting(LEVELS, ENDED) as added:
            retest = self.run_it()

        self.assertEqual((retest.status, retest.model, retest.reason), ("done", "mock", ""))
        self.assertEqual((retest.pairs, retest.same, retest.within_one, retest.largest), (3, 3, 3, 0))
        self.assertEqual(added, {f"{LEVELS} apart=0": 3.0, f"{ENDED} outcome=done": 1.0})
        self.assertIsNotNone(retest.finished_at)
        self.assertEqual((make.owed(retests.KIND), make.actions("evaluation.")[-1]), ([], "evaluation.retested"))

    def test_other_levels_are_stored_by_how_far_they_are_apart(self) -> None:
        rows = list(self.evaluation.ratings.order_by("competency__position"))
        near, far = (rows[0].level or 0), (rows[1].level or 0)
        for row, level in ((rows[0], near - 1), (rows[1], far - 3 if far > 3 else far + 3), (rows[2], None)):
            CompetencyRating.objects.filter(pk=row.pk).update(level=level)

        with counting(LEVELS) as added:
            retest = self.run_it()

        self.assertEqual((retest.pairs, retest.same, retest.within_one, retest.largest), (3, 0, 1, 3))
        self.assertEqual(added, {f"{LEVELS} apart=1": 1.0, f"{LEVELS} apart=2+": 2.0})

    def test_nothing_of_the_first_evaluation_changes_and_nobody_gets_a_second_one(self) -> None:
        before = Evaluation.objects.values().get()
        levels = levels_of(self.evaluation)

        self.run_it()

        self.assertEqual((Evaluation.objects.values().get(), levels_of(self.evaluation)), (before, levels))
        self.assertEqual(CompetencyRating.objects.count(), 3)
        self.assertEqual(ModelFigures.objects.exclude(evaluation=self.evaluation).count(), 0)

    def test_a_message_that_comes_twice_evaluates_and_counts_once(self) -> None:
        self.run_it()
        self.assertEqual(self.asked_again(), self.asked)
        with counting(LEVELS, ENDED) as added, make.writes() as written, self.assertRaises(AlreadyClaimed):
            self.run_it()
        tasks.retest_evaluation(tenant="alpha", retest_id=str(self.retest().pk))

        self.assertEqual((added, written.tables, self.asked_again()), ({}, {}, 0))

    def test_a_worker_that_died_is_replaced_when_its_lease_is_over(self) -> None:
        with take(Retest, self.retest().pk):
            pass
        with self.assertRaises(AlreadyClaimed):
            self.run_it()
        Retest.objects.update(lease_until=clock.now() - timedelta(seconds=1))

        self.assertEqual((self.run_it().status, self.asked_again()), ("done", self.asked))

    def test_a_message_for_another_tenant_touches_nothing(self) -> None:
        with make.writes() as written:
            tasks.retest_evaluation(tenant=OTHER, retest_id=str(self.retest().pk))

        self.assertEqual((written.tables, self.asked_again(), self.retest().status), ({}, 0, "owed"))


class DroppedTests(RetestCase):
    def assert_dropped(self, reason: str, *, asked: int = 0) -> None:
        with counting(LEVELS, ENDED) as added:
            retest = self.run_it()

        self.assertEqual((retest.status, retest.reason, retest.pairs), ("dropped", reason, None))
        self.assertEqual(added, {f"{ENDED} outcome=dropped": 1.0})
        self.assertEqual((make.owed(retests.KIND), self.asked_again()), ([], asked))
        self.assertNotIn("evaluation.retested", make.actions("evaluation."))

    def test_who_withdrew_is_not_evaluated_again(self) -> None:
        afterwards.withdraw(self.interview)

        self.assert_dropped("withdrawn")

    def test_who_was_erased_is_not_evaluated_again(self) -> None:
        Interview.objects.update(status="erased")

        self.assert_dropped("withdrawn")

    def test_who_withdraws_meanwhile_has_no_result_stored(self) -> None:
        evaluate = evaluations.evaluate_material

        def withdrawn_meanwhile(*given: Any) -> Any:
            result = evaluate(*given)
            afterwards.withdraw(self.interview)
            return result

        with patch.object(evaluations, "evaluate_material", withdrawn_meanwhile):
            self.assert_dropped("withdrawn", asked=self.asked)

    def test_what_a_newer_evaluation_took_the_place_of_is_not_repeated(self) -> None:
        Evaluation.objects.update(status="superseded")

        self.assert_dropped("superseded")

    def test_another_prompt_or_evaluator_than_the_firsts_is_no_comparison(self) -> None:
        Evaluation.objects.update(versions={**self.evaluation.versions, "prompt": "evaluation.v0"})

        self.assert_dropped("other_versions", asked=self.asked)

    def test_without_a_model_it_waits_six_hours_each_time_and_is_given_up_in_the_end(self) -> None:
        with self.no_model():
            for tries in range(1, retests.MOST):
                retest = self.run_it()
                self.assertEqual((retest.status, retest.attempts), ("owed", tries))
                self.assertEqual(self.due_in(), [timedelta(hours=6)])
            retest = self.run_it()

        self.assertEqual((retest.status, retest.pairs, make.owed(retests.KIND)), ("dropped", None, []))
        self.assertTrue(retest.reason)

    def test_when_a_model_answers_again_it_is_made(self) -> None:
        with self.no_model():
            self.run_it()

        self.assertEqual((self.run_it().status, self.retest().attempts), ("done", 2))

    def test_what_cannot_be_read_is_tried_again_and_fails_nothing(self) -> None:
        with make.without_key(self.interview):
            retest = self.run_it()

        self.assertEqual((retest.status, retest.reason, self.evaluation.status), ("owed", "KeyDestroyed", "ready"))


class BudgetTests(RetestCase):
    """With a priced model: groq's rows, at the mock's address."""

    def test_a_spent_budget_of_its_own_puts_it_off_and_calls_nobody(self) -> None:
        Account.objects.filter(label="groq-free").update(base_url=self.model.url)
        Budget.objects.create(feature=retests.FEATURE, limit_usd=1)
        budgets.forget()
        with using(self.model, "", OPENAI_BASE_URL="", GROQ_API_KEY="g"):
            [ceiling] = budgets.applying(TenantPolicy(schema="alpha"), retests.FEATURE)
            client().set(ceiling.key, admission.NANO)
            retest = self.run_it()

        self.assertEqual((retest.status, retest.reason, self.due_in()), ("owed", "budget", [timedelta(hours=6)]))
        self.assertEqual((self.asked_again(), self.evaluation.status), (0, "ready"))
