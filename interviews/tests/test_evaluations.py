"""Evaluations: owed by a submission, run once, every quote inside an answer, provisional without a model."""

from datetime import timedelta
from unittest.mock import patch

from django.db import OperationalError
from django.urls import reverse

from core import claims, clock
from core.claims import AlreadyClaimed, take
from core.models import Due
from core.state import TransitionNotAllowed
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews import tasks
from interviews.models import CompetencyRating, Evaluation, Finding, Interview, Quote, Turn
from interviews.services import evaluations, submission
from interviews.tests import make, team
from llm.models import LlmCall
from llm.tests.asking import using
from tests.mock_model import MockModel

WEAK = ("Fine.", "Good, I guess.")


class RunTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.submitted()
        self.evaluation = self.interview.evaluations.get()

    def run_it(self) -> Evaluation:
        evaluations.run(evaluation_id=self.evaluation.pk)
        return Evaluation.objects.get(pk=self.evaluation.pk)

    def test_it_rates_every_competency_and_settles_what_was_owed(self) -> None:
        self.assertEqual(make.owed("evaluation"), [self.evaluation.pk])

        evaluation = self.run_it()

        rated = evaluation.ratings.values_list("competency__key", flat=True)
        self.assertEqual(list(rated), ["sql", "listening", "candour"])
        self.assertEqual((evaluation.lease_until, evaluation.fence, evaluation.error), (None, 1, ""))
        self.assertEqual((make.owed("evaluation"), make.actions("evaluation.")), ([], ["evaluation.finished"]))
        self.assertRegex(evaluation.input_hash, "^[0-9a-f]{64}$")

    def test_without_a_model_it_is_provisional_and_says_so(self) -> None:
        evaluation = self.run_it()

        self.assertEqual((evaluation.status, evaluation.mode), ("provisional", "basic"))
        self.assertEqual(LlmCall.objects.count(), 0)
        person = make.staff()
        make.reviewed(self.interview, person)
        url = reverse("portal_interview", args=[self.interview.pk])
        self.assertContains(make.signed_in(person).get(url), "basic mode")

    def test_with_a_model_it_is_ready_and_every_call_is_in_the_ledger(self) -> None:
        with MockModel() as model, using(model):
            evaluation = self.run_it()

        self.assertEqual((evaluation.status, evaluation.mode, evaluation.versions["model"]), ("ready", "model", "mock"))
        self.assertEqual((model.chats, LlmCall.objects.count()), (9, 9))
        self.assertEqual(set(LlmCall.objects.values_list("tenant", "feature")), {("alpha", "evaluation")})

    def test_a_model_that_is_down_leaves_a_provisional_result_never_a_silent_one(self) -> None:
        with MockModel() as model, using(model, "mock!500"):
            evaluation = self.run_it()

        self.assertEqual((evaluation.status, evaluation.mode), ("provisional", "basic"))

    def test_every_quote_stands_word_for_word_in_an_answer_of_this_interview(self) -> None:
        for model in (False, True):
            interview = make.evaluated_by_model(make.invited("joan@example.org")) if model else self.interview
            if not model:
                self.run_it()
            answers = dict(interview.turns.values_list("pk", "number"))
            spans = [*Quote.objects.filter(rating__evaluation__interview=interview)]
            spans += [*Finding.objects.filter(evaluation__interview=interview)]  # type: ignore[list-item]
            self.assertTrue(spans)
            for span in spans:
                self.assertIn(span.turn_id, answers)
                answer = Turn.objects.get(pk=span.turn_id).answer or ""
                self.assertTrue(0 <= span.start < span.end <= len(answer))
                self.assertTrue(answer[span.start : span.end].strip())

    def test_a_level_has_a_quote_and_no_quote_is_no_level(self) -> None:
        self.run_it()

        for rating in CompetencyRating.objects.prefetch_related("quotes"):
            self.assertEqual(rating.level is None, not rating.quotes.all(), rating.competency.key)

    def test_it_runs_once(self) -> None:
        self.run_it()

        with make.writes() as written, self.assertRaises(AlreadyClaimed):
            self.run_it()

        self.assertEqual((written.tables, CompetencyRating.objects.count()), ({}, 3))

    def test_a_database_that_broke_off_fails_nothing_the_next_worker_evaluates(self) -> None:
        with (
            patch("interviews.services.evaluations._store", side_effect=OperationalError),
            self.assertRaises(OperationalError),
        ):
            evaluations.run(evaluation_id=self.evaluation.pk)

        left = Evaluation.objects.get(pk=self.evaluation.pk)
        self.assertEqual((left.status, make.owed("evaluation")), ("running", [self.evaluation.pk]))
        Evaluation.objects.update(lease_until=clock.now() - timedelta(seconds=1))
        self.assertEqual(self.run_it().status, "provisional")

    def test_a_message_that_is_delivered_twice_does_no_harm_and_nobody_has_to_open_a_page(self) -> None:
        for _ in range(2):
            tasks.evaluate(tenant="alpha", evaluation_id=str(self.evaluation.pk))

        self.assertEqual((Evaluation.objects.get().status, CompetencyRating.objects.count()), ("provisional", 3))

    def test_a_message_for_another_tenant_touches_nothing(self) -> None:
        with make.writes() as written:
            tasks.evaluate(tenant=OTHER, evaluation_id=str(self.evaluation.pk))

        self.assertEqual((written.tables, Evaluation.objects.get().status), ({}, "owed"))

    def test_a_worker_that_died_is_replaced_when_its_lease_is_over(self) -> None:
        with take(Evaluation, self.evaluation.pk):
            pass
        Evaluation.objects.update(lease_until=clock.now() - timedelta(seconds=1))

        self.assertEqual((self.run_it().status, CompetencyRating.objects.count()), ("provisional", 3))

    def test_what_it_found_is_ciphertext_in_the_database(self) -> None:
        self.run_it()

        held = b"".join(make.stored(CompetencyRating, "rationale") + make.stored(Finding, "text"))
        for rating in CompetencyRating.objects.all():
            self.assertNotIn((rating.rationale or "no rationale").encode(), held)

    def test_the_stage_stays_where_it_is(self) -> None:
        with MockModel() as model, using(model):
            self.run_it()

        self.assertEqual(Interview.objects.get().application.stage, "invited")


class SameWordsTests(TenantTestCase):
    def result(self, email: str, answers: tuple[str, ...]) -> tuple[object, ...]:
        evaluation = make.evaluated(make.invited(email), answers).evaluations.get()
        levels = tuple(evaluation.ratings.values_list("competency__key", "level", "confidence"))
        return evaluation.overall, evaluation.coverage, evaluation.recommendation, levels

    def test_the_same_words_get_the_same_result_whoever_wrote_them(self) -> None:
        self.assertEqual(self.result("a@example.org", make.ANSWERS), self.result("b@example.org", make.ANSWERS))

    def test_fine_is_no_evidence_and_invents_no_strengths(self) -> None:
        evaluation = make.evaluated(answers=WEAK).evaluations.get()

        self.assertNotEqual(evaluation.recommendation, "hire")
        self.assertFalse(evaluation.findings.filter(kind="strength").exists())
        for rating in evaluation.ratings.all():
            self.assertIn(rating.level, (None, 1, 2))


class FailedEvaluationTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.submitted()
        self.evaluation = self.interview.evaluations.get()
        with make.without_key(self.interview):
            evaluations.run(evaluation_id=self.evaluation.pk)
        self.url = reverse("portal_retry_evaluation", args=[self.evaluation.pk])

    def stored(self) -> Evaluation:
        return Evaluation.objects.get(pk=self.evaluation.pk)

    def test_it_is_visible_and_nothing_half_done_is_left(self) -> None:
        self.assertEqual((self.stored().status, self.stored().error), ("failed", "KeyDestroyed"))
        self.assertIsNotNone(Due.objects.get(kind="evaluation").failed_at)
        self.assertEqual((CompetencyRating.objects.count(), Finding.objects.count()), (0, 0))
        self.assertEqual(make.actions("evaluation."), ["evaluation.failed"])
        self.assertContains(make.signed_in(make.staff()).get("/"), "The evaluation failed")

    def test_a_person_retries_it_and_it_runs(self) -> None:
        self.assertEqual(
            make.signed_in(team.staff_of(self.evaluation.interview, "reviewer")).post(self.url).status_code, 302
        )
        self.assertEqual((self.stored().status, Due.objects.get(kind="evaluation").failed_at), ("owed", None))

        evaluations.run(evaluation_id=self.evaluation.pk)

        self.assertEqual((self.stored().status, CompetencyRating.objects.count()), ("provisional", 3))

    def test_retrying_what_did_not_fail_changes_nothing(self) -> None:
        evaluations.retry(evaluation_id=self.evaluation.pk)

        with make.writes() as written, self.assertRaises(TransitionNotAllowed):
            evaluations.retry(evaluation_id=self.evaluation.pk)

        self.assertEqual(written.tables, {})

    def test_a_running_one_is_not_taken_from_its_worker(self) -> None:
        evaluations.retry(evaluation_id=self.evaluation.pk)

        with claims.take(Evaluation, self.evaluation.pk), self.assertRaises(TransitionNotAllowed):
            evaluations.retry(evaluation_id=self.evaluation.pk)

        self.assertEqual(Evaluation.objects.get(pk=self.evaluation.pk).status, "running")

    def test_strangers_other_tenants_and_roles_without_reviews_retry_nothing(self) -> None:
        with self.in_tenant(OTHER):
            foreign = make.carried(make.signed_in(make.staff(), OTHER))
        auditor = make.signed_in(make.staff("auditor"))
        with make.writes() as written:
            codes = [client.post(self.url).status_code for client in (TenantClient(), foreign, auditor)]

        self.assertEqual((codes, written.tables, self.stored().status), ([302, 302, 403], {}, "failed"))

    def test_an_evaluation_of_another_tenant_does_not_exist(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.signed_in(make.staff(), OTHER)
        with make.writes() as written:
            code = theirs.post(self.url).status_code

        self.assertEqual((code, written.tables, self.stored().status), (404, {}, "failed"))

    def test_it_is_given_up_visibly_after_many_attempts(self) -> None:
        evaluations.retry(evaluation_id=self.evaluation.pk)
        Evaluation.objects.update(attempts=evaluations.GIVE_UP_AFTER)

        evaluations.run(evaluation_id=self.evaluation.pk)

        self.assertEqual((self.stored().status, CompetencyRating.objects.count()), ("failed", 0))


class OneCurrentEvaluationTests(TenantTestCase):
    def test_submitting_owes_exactly_one(self) -> None:
        interview = make.all_answered()
        for _ in range(2):
            submission.submit(interview, closing="")

        self.assertEqual((Evaluation.objects.count(), Due.objects.filter(kind="evaluation").count()), (1, 1))
