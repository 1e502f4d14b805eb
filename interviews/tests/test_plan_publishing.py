"""A plan is published by a person, past no error of the linter and over nobody else's version."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from accounts.roles import Role
from core.testing import CommittingTestCase, at_once
from interviews.models import Interview, Job, JobVersion, PlanDraft
from interviews.services import jobs, plan_drafts
from interviews.services.jobs import QuestionPlan
from interviews.tests import make, planned
from interviews.tests.plan_pages import DraftCase


class PublishingTests(DraftCase):
    def test_a_new_job_is_opened_under_a_slug_of_its_own(self) -> None:
        for _ in range(2):
            draft = plan_drafts.start(title="Baker", by=self.admin)
            self.saved(planned.PLAN, draft=draft)
            self.publish(draft, revision=2, follows=0)

        rows = Job.objects.filter(title="Baker").order_by("slug").values_list("slug", "status", "owner")
        expected = [("baker", "open", self.admin.pk), ("baker-2", "open", self.admin.pk)]
        self.assertEqual(list(rows), expected)
        self.assertEqual(PlanDraft.objects.count(), 0)

    def test_the_next_version_has_the_plan_and_whoever_was_invited_keeps_theirs(self) -> None:
        before = make.invited("ada@example.org").interview
        draft = self.saved(replace(make.PLAN, title="Data Lead", minutes=50))

        self.publish(draft, revision=2)

        self.job.refresh_from_db()
        current = JobVersion.objects.latest("number")
        self.assertEqual(self.job.current_version, current)
        self.assertEqual((self.job.title, current.number, current.minutes), ("Data Lead", 2, 50))
        self.assertEqual((current.rubric_version, current.published_by), ("1.0.1", self.admin))
        self.assertEqual(Interview.objects.get(pk=before.pk).version.number, 1)

    def test_follow_ups_that_were_written_are_published_with_their_question(self) -> None:
        question = replace(make.PLAN.questions[0], follow_ups={"result": "How many rows were moved in the end?"})
        draft = self.saved(replace(make.PLAN, questions=(question, make.PLAN.questions[1])))

        self.publish(draft, revision=2)

        version = JobVersion.objects.get(number=2)
        self.assertEqual(jobs.plan_of(version).questions[0], question)

    def test_a_closed_job_stays_closed(self) -> None:
        Job.objects.update(status=Job.Status.CLOSED)

        self.publish(self.saved(replace(make.PLAN, minutes=50)), revision=2)

        self.assertEqual(Job.objects.get().status, Job.Status.CLOSED)

    def test_what_somebody_saved_since_it_was_shown_is_not_published(self) -> None:
        draft = self.saved(replace(make.PLAN, minutes=50))

        with self.assertRaises(plan_drafts.StaleDraft):
            self.publish(draft, revision=1)

        self.assertEqual(JobVersion.objects.count(), 1)

    def test_nothing_is_published_over_a_version_that_was_not_shown(self) -> None:
        draft = self.saved(replace(make.PLAN, minutes=50))
        settings = jobs.Settings(words_every_reply=False, evaluation_waits_hours=6)
        jobs.change_settings(job_id=self.job.pk, follows=1, settings=settings, by=self.admin)

        with self.assertRaises(jobs.ChangedMeanwhile):
            self.publish(draft, revision=2, follows=1)

        self.assertEqual(JobVersion.objects.count(), 2)
        self.publish(draft, revision=2, follows=2)
        self.assertEqual(JobVersion.objects.count(), 3)

    def test_an_error_of_the_linter_stops_it_and_a_warning_does_not(self) -> None:
        warned = replace(make.PLAN, questions=(QuestionPlan("Do you know SQL?", ("sql",)), *make.PLAN.questions))
        private = QuestionPlan("How many children do you have at home?", ("sql",))
        draft = self.saved(replace(warned, questions=(private, *warned.questions)))

        with self.assertRaises(plan_drafts.LinterObjects) as raised:
            self.publish(draft, revision=2)

        self.assertEqual(str(raised.exception), "illegal_topic")
        self.assertEqual(JobVersion.objects.count(), 1)
        self.saved(warned, revision=2)
        self.publish(draft, revision=3)
        self.assertEqual(JobVersion.objects.count(), 2)

    def test_a_rubric_without_anchors_is_not_published(self) -> None:
        bare = replace(make.PLAN.competencies[0], anchors=("", "", "", "", ""))
        draft = self.saved(replace(make.PLAN, competencies=(bare, *make.PLAN.competencies[1:])))

        with self.assertRaises(plan_drafts.LinterObjects) as raised:
            self.publish(draft, revision=2)

        found = [(one.code, one.field) for one in raised.exception.remarks]
        self.assertEqual(found, [("no_anchor", "anchor_1"), ("no_anchor", "anchor_3"), ("no_anchor", "anchor_5")])

    def test_a_job_without_a_title_is_not_published(self) -> None:
        draft = plan_drafts.start(title="", by=self.admin)
        self.saved(replace(planned.PLAN, title=" "), draft=draft)

        with self.assertRaises(plan_drafts.LinterObjects) as raised:
            self.publish(draft, revision=2, follows=0)

        self.assertEqual(str(raised.exception), "no_title")
        self.assertEqual(Job.objects.count(), 1)


class RestoringTests(DraftCase):
    def test_rolling_back_publishes_the_old_plan_as_a_new_version(self) -> None:
        self.publish(self.saved(replace(make.PLAN, competencies=_lighter())), revision=2)

        version = plan_drafts.restore(job_id=self.job.pk, number=1, follows=2, by=self.admin)

        rows = JobVersion.objects.order_by("number")
        self.assertEqual([row.rubric_version for row in rows], ["1.0.0", "1.1.0", "1.2.0"])
        self.assertEqual((version.number, rows[2].rubric_hash), (3, rows[0].rubric_hash))
        self.assertEqual(jobs.plan_of(rows[2]).competencies, make.PLAN.competencies)

    def test_a_roll_back_over_a_version_that_was_not_shown_is_refused(self) -> None:
        self.publish(self.saved(replace(make.PLAN, minutes=50)), revision=2)

        with self.assertRaises(jobs.ChangedMeanwhile):
            plan_drafts.restore(job_id=self.job.pk, number=1, follows=1, by=self.admin)

        self.assertEqual(JobVersion.objects.count(), 2)

    def test_a_version_that_never_was_does_not_exist(self) -> None:
        for number in (0, 2, 10**30):
            with self.assertRaises(JobVersion.DoesNotExist):
                plan_drafts.restore(job_id=self.job.pk, number=number, follows=1, by=self.admin)


class AtOnceTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        PlanDraft.objects.all().delete()

    def test_of_two_who_publish_at_once_one_is_told(self) -> None:
        job, admin = make.job(), make.staff(Role.ADMIN)
        draft = plan_drafts.start_next(job_id=job.pk, by=admin)

        def publish() -> Any:
            return plan_drafts.publish(draft_id=draft.pk, revision=1, follows=1, by=admin)

        results = at_once(publish, lambda: plan_drafts.restore(job_id=job.pk, number=1, follows=1, by=admin))

        told = [isinstance(result, jobs.ChangedMeanwhile) for result in results]
        self.assertEqual((sorted(told), JobVersion.objects.count()), ([False, True], 2))

    def test_of_two_who_save_at_once_one_is_told(self) -> None:
        job, admin = make.job(), make.staff(Role.ADMIN)
        draft = plan_drafts.start_next(job_id=job.pk, by=admin)

        def save(title: str) -> Any:
            plan = replace(make.PLAN, title=title)
            return plan_drafts.save(draft_id=draft.pk, revision=1, plan=plan, by=admin)

        results = at_once(lambda: save("Mine"), lambda: save("Theirs"))

        self.assertEqual({type(result) for result in results}, {PlanDraft, plan_drafts.StaleDraft})
        self.assertEqual(PlanDraft.objects.get().revision, 2)


def _lighter() -> tuple[jobs.CompetencyPlan, ...]:
    first, *others = make.PLAN.competencies
    return (replace(first, weight=Decimal("0.4")), *others)
