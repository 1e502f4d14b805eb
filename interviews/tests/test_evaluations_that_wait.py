"""Evaluations that may wait: a batch at half the price, row by row, and live calls for what it did not answer."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from llmock.routers import batch as remote

from core import clock
from core.models import Due
from core.redis import client
from core.testing import OTHER, TenantClient
from interviews.models import Candidate, Evaluation, Interview
from interviews.services import afterwards, evaluations
from interviews.services.jobs import CompetencyPlan, QuestionPlan, WaitsTooLong
from interviews.tests import make
from llm import admission, attempts, budgets, cache, gateway
from llm.headers import NOTHING
from llm.models import Account, Batch, Budget, LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import forget
from llm.tests.batched import BatcherCase

HOURS = 6
KEYS = ("sql", "listening", "candour", "rigour", "teamwork")
USED = {"prompt_tokens": 1000, "completion_tokens": 100}
LIVE = {"prompt_tokens": 900, "completion_tokens": 90}
CALLS = 3 * len(KEYS)
FOUND = {
    "quotes": [{"answer": "A1", "text": make.ANSWERS[0][:30]}],
    "counter_evidence": [],
    "not_covered": "",
    "rationale": "It is concrete.",
    "level": 4,
    "confidence": 0.8,
}
BRIEF = {name: FOUND[name] for name in ("quotes", "level", "confidence")}
Lines = list[dict[str, Any]]


def completion(text: str, usage: dict[str, int]) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}


def good(lines: Lines) -> None:
    """Every answer is a level with a quote."""
    for place, line in enumerate(lines):
        line["response"]["body"] = completion(json.dumps(FOUND if place < len(KEYS) else BRIEF), USED)


def all_but_two(lines: Lines) -> None:
    """The fourth answer breaks the schema, the fifth is missing."""
    good(lines)
    lines[3]["response"]["body"] = completion('{"level": 9}', USED)
    del lines[4]


class WaitingCase(BatcherCase):
    """A job of five competencies whose evaluations may wait, and an account with batches at half the price."""

    hours = HOURS

    def setUp(self) -> None:
        super().setUp()
        with override_settings(LLM_ENV={}):
            self.interview = self.submitted()
        self.evaluation = self.interview.evaluations.get()
        self.asked: list[dict[str, Any]] = []
        self.enterContext(mock.patch.object(attempts.wire(), "post", self.post))

    def submitted(self) -> Interview:
        competencies = tuple(
            CompetencyPlan(key, key.title(), f"Shows {key}.", "technical", Decimal("0.2"), make.ANCHORS) for key in KEYS
        )
        questions = tuple(QuestionPlan(question.text, KEYS) for question in make.PLAN.questions)
        make.job(competencies=competencies, questions=questions, evaluation_waits_hours=self.hours)
        return make.submitted()

    def post(self, target: Any, body: dict[str, Any], *, deadline: float) -> tuple[bytes, Any]:
        """A live call."""
        self.asked.append(body)
        wanted = FOUND if "rationale" in json.dumps(body["response_format"]) else BRIEF
        return json.dumps(completion(json.dumps(wanted), LIVE)).encode(), NOTHING

    def look(self) -> Evaluation:
        """One look of the worker at the evaluation."""
        evaluations.run(evaluation_id=self.evaluation.pk)
        return Evaluation.objects.get(pk=self.evaluation.pk)

    def batch(self) -> Batch:
        return Batch.objects.get(owner_id=self.evaluation.pk)

    def ended(self, change: Callable[[Lines], None]) -> Batch:
        """The batch went to the provider, came back with other answers, and is over."""
        batch = self.run_it(self.batch())
        self.answered(batch, change)
        with self.captureOnCommitCallbacks(execute=True):
            return self.run_it(batch)

    def falls_due_in(self) -> timedelta:
        return Due.objects.get(kind="evaluation", object_id=self.evaluation.pk).due_at - clock.now()

    def rows(self, source: str) -> list[LlmCall]:
        return list(LlmCall.objects.filter(source=source, feature="evaluation").order_by("created_at"))


class WaitingTests(WaitingCase):
    def test_the_first_look_owes_a_batch_and_holds_nothing_until_its_deadline(self) -> None:
        evaluation = self.look()

        batch = self.batch()
        self.assertEqual((evaluation.status, evaluation.lease_until, evaluation.attempts), ("owed", None, 0))
        self.assertEqual((batch.status, batch.items.count(), batch.account), ("owed", CALLS, "batcher"))
        self.assertEqual(batch.deadline_at, evaluation.created_at + timedelta(hours=HOURS))
        self.assertEqual((batch.interview_id, batch.subject_id), (self.interview.pk, self.interview.subject_id))
        self.assertAlmostEqual(self.falls_due_in().total_seconds(), HOURS * 3600, delta=30)
        self.assertEqual((self.asked, make.actions("evaluation.")), ([], ["evaluation.waits"]))

    def test_a_second_message_meanwhile_asks_nothing_and_waits_on(self) -> None:
        self.look()

        for _ in range(6):
            evaluation = self.look()

        self.assertEqual((evaluation.status, evaluation.attempts, Batch.objects.count()), ("owed", 0, 1))
        self.assertEqual((self.asked, make.actions("evaluation.")), ([], ["evaluation.waits"]))
        self.assertGreater(self.falls_due_in(), timedelta(hours=HOURS - 1))

    def test_thirteen_of_fifteen_from_the_batch_and_two_live_calls_cost_this_to_the_nano(self) -> None:
        self.look()
        self.ended(all_but_two)
        self.assertLessEqual(self.falls_due_in(), timedelta(0))

        evaluation = self.look()

        self.assertEqual((evaluation.status, evaluation.mode, evaluation.ratings.count()), ("ready", "model", 5))
        self.assertEqual(set(evaluation.ratings.values_list("level", flat=True)), {4})
        batched, live, kept = (self.rows(source) for source in ("batch", "provider", "collected"))
        self.assertEqual((len(batched), len(live), len(kept), len(self.asked)), (14, 2, 13, 2))
        # 1000 x 2 + 100 x 10 per million live, half of it in a batch; 900 x 2 + 90 x 10 for each live call
        self.assertEqual({(row.cost_usd, row.saved_usd) for row in batched}, {(Decimal("0.0015"), Decimal("0.0015"))})
        self.assertEqual({row.cost_usd for row in live}, {Decimal("0.0027")})
        self.assertEqual([(row.cost_usd, row.saved_usd) for row in kept], [(Decimal(0), Decimal(0))] * 13)
        spent = sum((row.cost_usd or Decimal(0) for row in LlmCall.objects.filter(feature="evaluation")), Decimal(0))
        self.assertEqual(int(spent * admission.NANO), 26_400_000)
        self.assertTrue(all(row.settled_at for row in LlmCall.objects.filter(feature="evaluation")))
        self.assertEqual(make.owed("evaluation"), [])

    def test_after_the_deadline_all_are_asked_live(self) -> None:
        self.look()
        Batch.objects.update(deadline_at=clock.now() - timedelta(seconds=1))

        evaluation = self.look()

        self.assertEqual((evaluation.status, len(self.asked), len(self.rows("provider"))), ("ready", CALLS, CALLS))
        self.assertEqual(self.rows("batch") + self.rows("collected"), [])

    def test_a_batch_that_is_given_back_lets_it_run_live_at_once(self) -> None:
        self.look()
        Account.objects.update(is_enabled=False)
        forget()

        self.run_it(self.batch())
        self.assertLessEqual(self.falls_due_in(), timedelta(0))
        Account.objects.update(is_enabled=True)
        forget()

        self.assertEqual((self.look().status, len(self.asked)), ("ready", CALLS))

    def test_without_a_batch_interface_it_is_asked_live_at_once(self) -> None:
        Account.objects.update(has_batch=False)
        forget()

        evaluation = self.look()

        self.assertEqual((evaluation.status, len(self.asked), Batch.objects.count()), ("ready", CALLS, 0))

    def test_a_batch_that_costs_more_than_a_cheaper_live_model_is_not_asked(self) -> None:
        self.account("cheap", "small-price", Decimal("0.9"), Decimal("4.9"))

        evaluation = self.look()

        self.assertEqual((evaluation.versions["model"], Batch.objects.count()), ("small-price", 0))

    def test_a_budget_without_room_for_it_makes_no_batch(self) -> None:
        Budget.objects.create(tenant="alpha", limit_usd=Decimal("0.0001"))
        budgets.forget()

        self.assertEqual((self.look().status, Batch.objects.count(), self.asked), ("provisional", 0, []))

    def test_the_budget_holds_the_most_it_may_cost_and_in_the_end_what_it_cost(self) -> None:
        Budget.objects.create(tenant="alpha", limit_usd=Decimal(1))
        budgets.forget()
        [ceiling] = budgets.applying(TenantPolicy(schema="alpha"), "evaluation")

        self.look()
        held = int(client().get(ceiling.key) or 0)
        self.ended(good)

        self.assertGreater(held, CALLS * 1_500_000)
        self.assertEqual(int(client().get(ceiling.key) or 0), CALLS * 1_500_000)

    def test_the_answers_are_kept_until_after_the_deadline(self) -> None:
        evaluation = self.look()
        Batch.objects.update(deadline_at=evaluation.created_at + timedelta(days=3))

        with mock.patch.object(cache, "put") as put:
            self.ended(good)

        seconds = {call.kwargs["seconds"] for call in put.call_args_list}
        self.assertAlmostEqual(min(seconds), 73 * 3600, delta=60)
        self.assertEqual({call.kwargs["subject_id"] for call in put.call_args_list}, {self.interview.subject_id})

    def test_whoever_withdraws_is_not_evaluated_and_nothing_is_kept(self) -> None:
        self.look()
        batch = self.run_it(self.batch())

        with self.captureOnCommitCallbacks(execute=True):
            afterwards.withdraw(Interview.objects.get(pk=self.interview.pk))
        self.answered(batch, good)
        with mock.patch.object(cache, "put") as put:
            batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error), ("failed", "purged"))
        self.assertEqual((put.called, make.owed("evaluation"), len(self.rows("batch"))), (False, [], CALLS))

    def test_whoever_withdraws_while_the_batch_is_made_leaves_none_behind(self) -> None:
        made = gateway.submit_batch

        def submit_batch(*args: Any, **keywords: Any) -> Any:
            afterwards.withdraw(Interview.objects.get(pk=self.interview.pk))
            return made(*args, **keywords)

        with mock.patch.object(gateway, "submit_batch", submit_batch):
            evaluation = self.look()

        self.assertEqual((evaluation.status, evaluation.lease_until), ("superseded", None))
        self.assertEqual((self.batch().status, self.batch().error), ("failed", "purged"))

    def test_no_name_of_the_candidate_leaves_with_a_batch(self) -> None:
        self.look()

        self.run_it(self.batch())

        sent = remote._files[self.there()["input_file_id"]]["content"]
        candidate = Candidate.objects.get(pk=self.interview.subject_id)
        self.assertNotIn(candidate.name, sent)
        self.assertNotIn(candidate.email, sent)


class AtOnceTests(WaitingCase):
    hours = 0

    def test_unless_the_job_says_so_no_evaluation_waits(self) -> None:
        evaluation = self.look()

        self.assertEqual((evaluation.status, len(self.asked), Batch.objects.count()), ("ready", CALLS, 0))

    def test_a_job_whose_evaluations_would_wait_over_a_day_is_refused(self) -> None:
        for hours in (-1, 25):
            with self.assertRaises(WaitsTooLong):
                make.job("slow", evaluation_waits_hours=hours)


class PortalTests(WaitingCase):
    def setUp(self) -> None:
        super().setUp()
        self.look()
        self.person = make.staff()
        make.reviewed(self.interview, self.person)
        self.url = reverse("portal_interview", args=[self.interview.pk])

    def test_it_says_until_when_it_waits(self) -> None:
        page = make.signed_in(self.person).get(self.url)

        self.assertContains(page, "Waits for a batch until")
        self.assertContains(page, f"{timezone.localtime(self.batch().deadline_at):%H:%M}")

    def test_when_the_time_is_over_it_is_being_evaluated(self) -> None:
        Batch.objects.update(deadline_at=clock.now())

        page = make.signed_in(self.person).get(self.url)

        self.assertContains(page, "Being evaluated")
        self.assertNotContains(page, "Waits for a batch")

    def test_a_stranger_and_another_tenant_see_none_of_it(self) -> None:
        self.assertEqual(TenantClient().get(self.url).status_code, 302)
        with self.in_tenant(OTHER):
            self.assertEqual(make.signed_in(make.staff(), OTHER).get(self.url).status_code, 404)
