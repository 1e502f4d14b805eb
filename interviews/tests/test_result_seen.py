"""A decision, and a reason for disagreeing, name the AI's result that the page showed, or are not stored."""

from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from core import clock
from core.testing import CommittingTestCase, TenantTestCase, at_once
from interviews.models import Application, CompetencyRating, Decision, Disagreement, Evaluation, Interview
from interviews.services import decisions, disagreements, rescoring, results
from interviews.services.disagreements import Reason
from interviews.tests import make

FORM = {"outcome": "advance", "reason_code": "meets_requirements", "reason_text": "She measured first."}
DECISION: dict[str, Any] = {
    "outcome": "advance",
    "reason_code": "meets_requirements",
    "reason": "She measured first.",
}
FIELDS = ("application", "version", "subject_id", "status")
ROUNDS = 3


def made_anew(interview: Interview) -> Evaluation:
    """Another result in the place of the one that stands, with a level of 1 everywhere."""
    first = interview.evaluations.get()
    Evaluation.objects.filter(pk=first.pk).update(status="superseded")
    fields = {"interview": interview, "subject_id": interview.subject_id, "status": "ready", "mode": "model"}
    second = Evaluation.objects.create(finished_at=clock.now(), **fields)
    for row in first.ratings.all():
        fields = {"competency": row.competency, "subject_id": row.subject_id, "confidence": row.confidence}
        CompetencyRating.objects.create(evaluation=second, level=1, **fields)
    return second


def second_attempt(interview: Interview, recommendation: str) -> Interview:
    """Another finished attempt of the application, with this result."""
    moments = ("expires_at", "opened_at", "started_at", "completed_at")
    attempt = Interview.objects.create(number=2, **{name: getattr(interview, name) for name in (*FIELDS, *moments)})
    fields = {"subject_id": interview.subject_id, "status": "provisional", "mode": "basic"}
    Evaluation.objects.create(interview=attempt, recommendation=recommendation, finished_at=clock.now(), **fields)
    return attempt


class DecisionTests(TenantTestCase):
    interview: Interview
    person: User
    first: Evaluation

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated_by_model()
        cls.person = make.staff(email="rosa@staff.example", name="Rosa Parks")
        make.reviewed(cls.interview, cls.person)
        cls.first = cls.interview.evaluations.get()

    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("portal_decide", args=[self.interview.pk])
        self.page = reverse("portal_interview", args=[self.interview.pk])
        self.client = make.signed_in(self.person)

    def decide(self, result: UUID | None) -> Decision:
        return decisions.decide(interview_id=self.interview.pk, by=self.person, result=result, **DECISION)

    def test_one_that_was_made_anew_meanwhile_is_looked_at_first(self) -> None:
        second = made_anew(self.interview)

        for result in (self.first.pk, None, uuid4()):
            with make.writes() as written, self.assertRaises(results.ResultMadeAnew):
                self.decide(result)
            self.assertEqual(written.tables, {})

        self.assertEqual(self.decide(second.pk).evaluation, second)

    def test_none_that_stands_any_more_is_not_decided_on(self) -> None:
        Evaluation.objects.update(status="superseded")

        with self.assertRaises(results.ResultMadeAnew):
            self.decide(self.first.pk)

        self.assertIsNone(self.decide(None).evaluation)

    def test_one_that_came_while_the_page_showed_none_is_looked_at_first(self) -> None:
        Evaluation.objects.update(status="owed")
        self.assertContains(self.client.get(self.page), '<input type="hidden" name="result" value="">')
        Evaluation.objects.update(status="ready")

        response = self.client.post(self.url, FORM | {"result": ""})

        self.assertContains(response, "made anew since you opened this page", status_code=409)
        self.assertEqual((Decision.objects.count(), Application.objects.get().stage), (0, "review"))

    def test_the_page_says_so_shows_the_new_one_and_keeps_what_was_typed(self) -> None:
        self.assertContains(self.client.get(self.page), f'name="result" value="{self.first.pk}"')
        second = made_anew(self.interview)

        response = self.client.post(self.url, FORM | {"result": str(self.first.pk)})

        told = "The AI&#x27;s result was made anew since you opened this page. Look at it first."
        self.assertContains(response, told, status_code=409)
        self.assertContains(response, "She measured first.</textarea>", status_code=409)
        self.assertContains(response, f'name="result" value="{second.pk}"', status_code=409)
        self.assertEqual(Decision.objects.count(), 0)

    def test_an_id_that_is_none_is_refused(self) -> None:
        self.assertEqual(self.client.post(self.url, FORM | {"result": "x"}).status_code, 400)
        self.assertEqual(Decision.objects.count(), 0)

    def test_the_click_again_is_the_same_decision_though_the_result_was_made_anew(self) -> None:
        first = self.decide(self.first.pk)
        made_anew(self.interview)

        self.assertEqual((self.decide(self.first.pk), Decision.objects.count()), (first, 1))


class ReasonTests(TenantTestCase):
    def test_one_meant_for_one_result_is_not_stored_on_another(self) -> None:
        interview, person = make.evaluated(), make.staff()
        make.reviewed(interview, person)
        first = interview.evaluations.get()
        second = made_anew(interview)
        asked: dict[str, Any] = {"interview_id": interview.pk, "by": person, "reasons": {"sql": Reason("missed")}}

        for result in (first.pk, None, uuid4()):
            with make.writes() as written, self.assertRaises(results.ResultMadeAnew):
                disagreements.explain(**asked, result=result)
            self.assertEqual(written.tables, {})
        form = {"reason-sql": "missed", "words-sql": "It says the opposite.", "result": str(first.pk)}
        url = reverse("portal_disagree", args=[interview.pk])
        response = make.signed_in(person).post(url, form)

        self.assertContains(response, "made anew since you opened this page", status_code=409)
        self.assertContains(response, "It says the opposite.</textarea>", status_code=409)
        self.assertContains(response, f'name="result" value="{second.pk}"', status_code=409)
        self.assertEqual(make.signed_in(person).post(url, form | {"result": "x"}).status_code, 400)
        self.assertEqual(Disagreement.objects.count(), 0)
        disagreements.explain(**asked, result=second.pk)
        self.assertEqual(Disagreement.objects.get().rating.evaluation, second)


class AnotherAttemptTests(TenantTestCase):
    def test_a_decision_on_it_tells_the_proposal_to_who_has_rated_it_alone(self) -> None:
        interview, person = make.evaluated(), make.staff()
        make.reviewed(interview, person)
        other = second_attempt(interview, "hire")
        owner = make.staff(Role.OWNER)
        make.reviewed(other, owner)
        make.decided(other, owner, "reject")
        client, page = make.signed_in(person), reverse("portal_interview", args=[interview.pk])

        shown = client.get(page)

        self.assertContains(shown, "Decided by")
        self.assertNotContains(shown, "against the AI")
        make.reviewed(other, person)
        self.assertContains(client.get(page), "against the AI's proposal: Hire")


class AtOnceTests(CommittingTestCase):
    def test_of_a_decision_and_a_result_that_is_made_anew_one_comes_first(self) -> None:
        owner = make.staff(Role.OWNER)
        for _ in range(ROUNDS):
            interview = make.evaluated(make.invited(f"{uuid4()}@example.org"))
            Evaluation.objects.filter(interview=interview).update(status="ready")
            make.reviewed(interview, owner)
            shown, job = make.result_of(interview), interview.application.job_id

            seen = DECISION | {"interview_id": interview.pk, "result": shown}

            decided, rescored = at_once(
                lambda: decisions.decide(by=owner, **seen),  # noqa: B023
                lambda: rescoring.rescore(job_id=job, interviews=[interview.pk], by=owner),  # noqa: B023
            )

            standing = make.result_of(interview)
            if isinstance(decided, Decision):
                self.assertEqual((decided.evaluation_id, standing, rescored.owed), (shown, shown, 0))
            else:
                self.assertIsInstance(decided, results.ResultMadeAnew)
                self.assertEqual((standing, rescored.owed), (None, 1))

    def test_a_decision_on_another_attempt_that_comes_in_between_lets_the_reasons_stand(self) -> None:
        interview, person, owner = make.evaluated(), make.staff(), make.staff(Role.OWNER)
        make.reviewed(interview, person)
        CompetencyRating.objects.update(level=1, withheld="")
        other = second_attempt(interview, "hire")
        make.reviewed(other, owner)
        compared = disagreements._compared

        def decided_in_between(*told: Any) -> Any:
            found = compared(*told)
            [made] = at_once(lambda: make.decided(other, owner))
            self.assertIsInstance(made, Decision)
            return found

        with (
            patch.object(disagreements, "_compared", decided_in_between),
            self.assertRaises(disagreements.DecidedAlready),
        ):
            disagreements.explain(
                interview_id=interview.pk,
                by=person,
                reasons={"sql": Reason("missed")},
                result=make.result_of(interview),
            )

        self.assertEqual(Disagreement.objects.count(), 0)
