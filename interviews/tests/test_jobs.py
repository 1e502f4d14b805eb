"""Publishing a job: a version that never changes again."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, models, transaction

from accounts.roles import NotPermitted, Role
from core.testing import TenantTestCase
from interviews.models import Competency, Interview, Job, JobVersion, Question
from interviews.services.jobs import CompetencyPlan, QuestionPlan, UnknownJurisdiction, VersionIncomplete, publish_job
from interviews.tests import make

FROZEN = "A published job version never changes; publish a new one."


class PublishTests(TenantTestCase):
    def publish(self, role: str = Role.ADMIN, **changes: Any) -> Job:
        return publish_job(plan=replace(make.PLAN, **changes), by=make.staff(role))

    def assert_refused(self, **changes: Any) -> None:
        make.staff(Role.ADMIN)
        with make.writes() as written, self.assertRaises(VersionIncomplete):
            self.publish(**changes)

        self.assertEqual((written.tables, Job.objects.count()), ({}, 0))

    def test_it_opens_the_job_with_its_first_version(self) -> None:
        job = self.publish()

        version = JobVersion.objects.get()
        self.assertEqual((job.status, job.current_version, version.number), ("open", version, 1))
        self.assertIsNotNone(version.published_at)
        self.assertEqual([row.key for row in version.competencies.all()], ["sql", "listening", "candour"])
        asked = [[row.key for row in question.competencies.all()] for question in version.questions.all()]
        self.assertEqual(asked, [["sql"], ["listening", "candour"]])
        self.assertEqual(make.actions("job."), ["job.published"])

    def test_publishing_again_makes_the_next_version_and_leaves_invited_candidates_theirs(self) -> None:
        interview = make.invited().interview

        job = self.publish(minutes=50, title="Senior Data Engineer")

        newest = JobVersion.objects.get(number=2)
        self.assertEqual((job.title, job.current_version), ("Senior Data Engineer", newest))
        self.assertEqual(Interview.objects.get().version.number, 1)
        self.assertEqual(make.invited("joan@example.org").interview.version.number, 2)
        self.assertEqual(interview.version.minutes, 35)

    def test_a_competency_that_no_question_asks_about_is_refused(self) -> None:
        extra = CompetencyPlan("extra", "Extra", "Not asked.", "values", Decimal(1), make.ANCHORS)

        self.assert_refused(competencies=(*make.PLAN.competencies, extra))

    def test_a_question_about_an_unknown_competency_is_refused(self) -> None:
        self.assert_refused(questions=(*make.PLAN.questions, QuestionPlan("And then?", ("unknown",))))

    def test_without_questions_competencies_or_weight_it_is_refused(self) -> None:
        self.assert_refused(questions=())
        self.assert_refused(competencies=())
        self.assert_refused(competencies=tuple(replace(one, weight=Decimal(0)) for one in make.PLAN.competencies))

    def test_what_makes_no_sense_is_refused_by_the_database(self) -> None:
        nonsense: list[dict[str, Any]] = [
            {"threshold_hire": Decimal(40), "threshold_maybe": Decimal(50)},
            {
                "competencies": tuple(
                    replace(one, weight=Decimal(-1) + i * 3) for i, one in enumerate(make.PLAN.competencies)
                )
            },
        ]
        for changes in nonsense:
            with self.assertRaises(IntegrityError), transaction.atomic():
                self.publish(**changes)

        self.assertEqual(Job.objects.count(), 0)

    def test_a_role_that_may_not_manage_jobs_is_refused(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            with self.assertRaises(NotPermitted):
                self.publish(role)

        self.assertEqual(Job.objects.count(), 0)

    def test_a_job_without_a_version_cannot_be_open(self) -> None:
        with self.assertRaisesMessage(IntegrityError, "open_job_has_a_published_version"), transaction.atomic():
            Job.objects.create(slug="empty", title="Empty", status=Job.Status.OPEN)


class FrozenVersionTests(TenantTestCase):
    """Whoever goes past the service meets the database."""

    def setUp(self) -> None:
        super().setUp()
        job = make.job()
        self.version = JobVersion.objects.get()
        self.draft = JobVersion.objects.create(job=job, number=2)

    def assert_frozen(self, rows: models.QuerySet[Any], **changes: Any) -> None:
        with self.assertRaises(DatabaseError), transaction.atomic():
            rows.update(**changes)

    def test_the_version_itself(self) -> None:
        rows = JobVersion.objects.filter(pk=self.version.pk)
        for changes in ({"minutes": 5}, {"threshold_hire": 1}, {"published_at": None}, {"number": 9}):
            self.assert_frozen(rows, **changes)
        with self.assertRaises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM interviews_jobversion WHERE id = %s", [self.version.pk])

        self.version.refresh_from_db()
        self.assertEqual((self.version.minutes, self.version.number), (35, 1))

    def test_its_competencies_and_questions(self) -> None:
        self.assert_frozen(Competency.objects.filter(version=self.version), weight=9)
        self.assert_frozen(Competency.objects.filter(version=self.version), version=self.draft)
        self.assert_frozen(Question.objects.filter(version=self.version), text="Another question?")
        for table in ("interviews_question_competencies", "interviews_competency", "interviews_question"):
            with self.assertRaisesMessage(DatabaseError, FROZEN), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table}")

        self.assertEqual(self.version.questions.get(position=1).text, make.PLAN.questions[0].text)

    def test_nothing_is_added_to_it(self) -> None:
        with self.assertRaisesMessage(DatabaseError, FROZEN), transaction.atomic():
            Question.objects.create(version=self.version, position=3, text="One more?")
        with self.assertRaisesMessage(DatabaseError, FROZEN), transaction.atomic():
            Competency.objects.create(version=self.version, position=4, key="more", name="More", weight=1)

        self.assertEqual((self.version.questions.count(), self.version.competencies.count()), (2, 3))

    def test_nothing_is_moved_into_it(self) -> None:
        Question.objects.create(version=self.draft, position=7, text="From the draft?")
        Competency.objects.create(version=self.draft, position=7, key="draft", name="Draft", weight=1)

        for rows in (Question.objects.filter(version=self.draft), Competency.objects.filter(version=self.draft)):
            self.assert_frozen(rows, version=self.version)

    def test_which_competencies_a_question_is_about(self) -> None:
        question = self.version.questions.get(position=1)
        with self.assertRaisesMessage(DatabaseError, FROZEN), transaction.atomic():
            question.competencies.add(self.version.competencies.get(key="candour"))
        with self.assertRaisesMessage(DatabaseError, FROZEN), transaction.atomic():
            question.competencies.clear()

        self.assertEqual([row.key for row in question.competencies.all()], ["sql"])

    def test_a_draft_still_changes(self) -> None:
        question = Question.objects.create(version=self.draft, position=1, text="From the draft?")
        competency = Competency.objects.create(version=self.draft, position=1, key="draft", name="Draft", weight=1)
        question.competencies.add(competency)

        Question.objects.filter(pk=question.pk).update(text="Better?")
        question.competencies.remove(competency)
        question.delete()

        self.assertEqual(self.draft.questions.count(), 0)


class JurisdictionTests(TenantTestCase):
    def test_a_version_fixes_its_jurisdiction_and_its_caps(self) -> None:
        version = make.job(jurisdiction="US-CA", max_probes=2, max_probes_interview=5).current_version

        assert version
        self.assertEqual(
            (version.jurisdiction, version.max_probes, version.max_probes_interview),
            ("US-CA", 2, 5),
        )

    def test_a_jurisdiction_without_data_is_refused_and_nothing_is_published(self) -> None:
        with self.assertRaisesMessage(UnknownJurisdiction, "Use one of EU, IN, UK, US, US-CA, US-IL, US-NY, or none."):
            make.job(jurisdiction="MARS")

        self.assertEqual(Job.objects.count(), 0)
