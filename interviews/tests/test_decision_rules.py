"""What the database itself refuses of a decision, whoever goes past the service."""

from typing import Any

from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from accounts.models import User
from accounts.roles import Role
from core.testing import TenantTestCase
from interviews.models import Application, Decision, Evaluation, Interview, Review, ReviewRating
from interviews.tests import make, team


class DecisionByRawInsertTests(TenantTestCase):
    """Whoever goes past the service meets the database."""

    interview: Interview
    person: User
    review: Review

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview, cls.person = make.evaluated(), make.staff()
        cls.review = make.reviewed(cls.interview, cls.person)

    def insert(self, **changes: Any) -> Decision:
        fields: dict[str, Any] = {
            "application_id": self.interview.application_id,
            "interview": self.interview,
            "subject_id": self.interview.subject_id,
            "decided_by": self.person,
            "outcome": "reject",
            "reason_code": "missing_requirement",
            "reason": "No.",
            "evaluation": None,
            "review": self.review,
        }
        with transaction.atomic():
            return Decision.objects.create(**fields | changes)

    def assert_refused(self, message: str, **changes: Any) -> None:
        with self.assertRaisesMessage(ProgrammingError, message):
            self.insert(**changes)

        self.assertEqual(Decision.objects.count(), 0)

    def test_with_the_own_complete_review_it_stands(self) -> None:
        self.assertEqual(self.insert().review, self.review)

    def test_with_a_provisional_evaluation_it_is_refused(self) -> None:
        evaluation = Evaluation.objects.get()
        self.assertEqual(evaluation.status, "provisional")

        self.assert_refused("A decision rests on a ready evaluation", evaluation=evaluation, review=None)

    def test_with_nothing_it_is_refused(self) -> None:
        self.assert_refused("A decision rests on a ready evaluation", review=None)

    def test_with_a_ready_evaluation_of_another_interview_it_is_refused(self) -> None:
        other = make.evaluated_by_model(make.invited("joan@example.org")).evaluations.get()

        self.assert_refused("A decision rests on a ready evaluation", evaluation=other, review=None)

    def test_with_another_persons_review_it_is_refused(self) -> None:
        theirs = make.reviewed(self.interview, team.staff_of(self.interview, Role.HIRING_MANAGER))

        self.assert_refused("the person's own complete review", review=theirs)

    def test_with_the_own_review_of_another_interview_it_is_refused(self) -> None:
        other = make.reviewed(make.evaluated(make.invited("joan@example.org")), self.person)

        self.assert_refused("the person's own complete review", review=other)

    def test_with_a_draft_it_is_refused(self) -> None:
        Review.objects.update(status="draft")

        self.assert_refused("the person's own complete review")

    def test_with_a_review_that_lacks_a_competency_it_is_refused(self) -> None:
        ReviewRating.objects.filter(competency__key="sql").delete()

        self.assert_refused("the person's own complete review")

    def test_in_the_name_of_somebody_who_left_it_is_refused(self) -> None:
        User.objects.filter(pk=self.person.pk).update(is_active=False)

        self.assert_refused("A decision names an active person.")

    def test_on_an_interview_of_another_application_it_is_refused(self) -> None:
        other = make.invited("joan@example.org").interview

        self.assert_refused("an interview of its own application", application_id=other.application_id)

    def test_without_a_reason_code_it_is_refused(self) -> None:
        with self.assertRaisesMessage(IntegrityError, "decision_has_a_reason"):
            self.insert(reason_code="")

    def test_a_second_first_decision_is_refused(self) -> None:
        self.insert()

        with self.assertRaisesMessage(IntegrityError, "one_first_decision"):
            self.insert()

    def test_one_decision_is_superseded_once(self) -> None:
        first = self.insert()
        self.insert(supersedes=first)

        with self.assertRaises(IntegrityError):
            self.insert(supersedes=first)

    def test_nobody_edits_deletes_or_empties_it(self) -> None:
        decision = self.insert()
        statements = (
            "UPDATE interviews_decision SET outcome = 'advance'",
            "UPDATE interviews_decision SET outcome = 'advance' WHERE false",
            "DELETE FROM interviews_decision",
            "TRUNCATE interviews_decision CASCADE",
        )
        for statement in statements:
            with self.assertRaises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

        self.assertEqual(Decision.objects.get(), decision)
        self.assertEqual(Decision.objects.get().outcome, "reject")


class StageTests(TenantTestCase):
    def test_a_stage_without_a_named_person_is_refused_by_the_database(self) -> None:
        application = make.invited().interview.application
        for stage in ("review", "advanced", "on_hold", "rejected"):
            with self.assertRaisesMessage(IntegrityError, "stage_moves_by_a_named_person"), transaction.atomic():
                Application.objects.filter(pk=application.pk).update(stage=stage)

        self.assertEqual(Application.objects.get().stage, "invited")
