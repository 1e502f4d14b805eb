"""Plans that somebody works on: kept, guarded against a second editor, published by a person."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.roles import NotPermitted, Role
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from interviews.models import Interview, Job, JobVersion, PlanDraft
from interviews.services import jobs, plan_drafts
from interviews.services.jobs import JobPlan, QuestionPlan
from interviews.services.plan_drafts import rows, working
from interviews.tests import make, planned

DESCRIPTION = (
    "Bakery shift leader. You plan the night shift and its deadlines, train new bakers, keep the budget for flour and"
    " butter, deal with complaints of customers and write reports about every batch that failed."
)


def plan_in(draft: PlanDraft) -> JobPlan:
    return working.loaded(PlanDraft.objects.get(pk=draft.pk).plan).plan


class DraftCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = make.staff(Role.ADMIN)
        self.job = make.job()

    def next(self) -> PlanDraft:
        return plan_drafts.start_next(job_id=self.job.pk, by=self.admin)

    def saved(self, plan: JobPlan, revision: int = 1, draft: PlanDraft | None = None) -> PlanDraft:
        return plan_drafts.save(draft_id=(draft or self.next()).pk, revision=revision, plan=plan, by=self.admin)

    def publish(self, draft: PlanDraft, revision: int = 1, follows: int = 1) -> UUID:
        return plan_drafts.publish(draft_id=draft.pk, revision=revision, follows=follows, by=self.admin)


class SavingTests(DraftCase):
    def test_a_draft_of_the_next_version_holds_the_current_plan(self) -> None:
        draft = self.next()

        self.assertEqual(plan_in(draft), replace(make.PLAN, slug="data-engineer"))
        self.assertEqual((draft.follows, draft.revision, draft.saved_by), (1, 1, self.admin))
        self.assertEqual(self.next().pk, draft.pk)
        self.assertEqual(PlanDraft.objects.count(), 1)

    def test_what_is_kept_comes_back_word_for_word_and_is_sealed(self) -> None:
        question = QuestionPlan("Tell us about “ü” & <b>.", ("sql",), {"result": "What came of it?"})
        plan = replace(make.PLAN, questions=(question,), threshold_hire=Decimal("70.5"))

        draft = self.saved(plan)

        self.assertEqual(plan_in(draft), plan)
        self.assertEqual(draft.revision, 2)
        self.assertNotIn(b"Tell us about", make.stored(PlanDraft, "plan")[0])

    def test_of_two_editors_the_second_is_told_and_overwrites_nothing(self) -> None:
        draft = self.next()
        self.saved(replace(make.PLAN, title="Mine"))

        with self.assertRaises(plan_drafts.StaleDraft) as raised:
            self.saved(replace(make.PLAN, title="Theirs"))

        self.assertEqual((raised.exception.newer.revision, raised.exception.newer.saved_by), (2, self.admin))
        self.assertEqual(plan_in(draft).title, "Mine")

    def test_the_same_plan_again_writes_nothing(self) -> None:
        draft = self.next()
        with make.writes() as written:
            plan_drafts.save(draft_id=draft.pk, revision=1, plan=plan_in(draft), by=self.admin)

        self.assertEqual(written.tables, {})

    def test_nobody_without_the_permission_begins_reads_saves_discards_or_publishes(self) -> None:
        draft, plan = self.next(), make.PLAN
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            by = make.staff(role)
            calls: list[Any] = [
                lambda by=by: plan_drafts.start(title="T", by=by),
                lambda by=by: plan_drafts.start_next(job_id=self.job.pk, by=by),
                lambda by=by: plan_drafts.open_draft(draft_id=draft.pk, by=by),
                lambda by=by: plan_drafts.save(draft_id=draft.pk, revision=1, plan=plan, by=by),
                lambda by=by: plan_drafts.describe(draft_id=draft.pk, revision=1, description=DESCRIPTION, by=by),
                lambda by=by: plan_drafts.discard(draft_id=draft.pk, by=by),
                lambda by=by: plan_drafts.publish(draft_id=draft.pk, revision=1, follows=1, by=by),
                lambda by=by: plan_drafts.restore(job_id=self.job.pk, number=1, follows=1, by=by),
            ]
            with make.writes() as written:
                for call in calls:
                    self.assertRaises(NotPermitted, call)
            self.assertEqual(written.tables, {})

    def test_a_draft_of_another_tenant_does_not_exist(self) -> None:
        with self.in_tenant(OTHER):
            theirs = plan_drafts.start(title="Theirs", by=make.staff(Role.ADMIN))

        with self.assertRaises(PlanDraft.DoesNotExist):
            plan_drafts.open_draft(draft_id=theirs.pk, by=self.admin)
        with self.assertRaises(PlanDraft.DoesNotExist):
            plan_drafts.discard(draft_id=theirs.pk, by=self.admin)
        with self.in_tenant(OTHER):
            self.assertEqual(PlanDraft.objects.count(), 1)

    def test_a_discarded_draft_is_gone_and_what_is_published_stays(self) -> None:
        draft = self.next()

        plan_drafts.discard(draft_id=draft.pk, by=self.admin)

        self.assertEqual((PlanDraft.objects.count(), JobVersion.objects.count()), (0, 1))
        self.assertEqual(make.actions("plan_draft"), ["plan_draft.started", "plan_draft.discarded"])


class DescribingTests(DraftCase):
    def test_a_description_becomes_competencies_questions_and_follow_ups_with_little_weight_for_values(self) -> None:
        draft = plan_drafts.start(title="Night baker", by=self.admin)

        drafted = plan_drafts.describe(draft_id=draft.pk, revision=1, description=DESCRIPTION, by=self.admin)

        plan = plan_in(draft)
        self.assertEqual((drafted.source, drafted.trouble, plan.title), ("basic", "", "Night baker"))
        self.assertIn("planning_estimating", [one.key for one in plan.competencies])
        self.assertEqual(sum(one.weight for one in plan.competencies), 1)
        values = [one.weight for one in plan.competencies if one.dimension == "values"]
        self.assertLessEqual(sum(values), Decimal("0.1"))
        self.assertEqual(set(plan.questions[0].follow_ups), {"evidence", "ownership", "result", "clarify"})
        self.assertEqual(Job.objects.count(), 1)

    def test_what_speaks_for_nothing_changes_nothing(self) -> None:
        draft = plan_drafts.start(title="Night baker", by=self.admin)
        nothing = "the and of it " * 8

        with self.assertRaises(plan_drafts.NothingMatched):
            plan_drafts.describe(draft_id=draft.pk, revision=1, description=nothing, by=self.admin)

        self.assertEqual(PlanDraft.objects.get().revision, 1)

    def test_a_plan_that_somebody_saved_meanwhile_is_not_replaced(self) -> None:
        draft = self.next()
        self.saved(replace(make.PLAN, title="Mine"))

        with self.assertRaises(plan_drafts.StaleDraft):
            plan_drafts.describe(draft_id=draft.pk, revision=1, description=DESCRIPTION, by=self.admin)

        self.assertEqual(plan_in(draft).title, "Mine")


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
        current = JobVersion.objects.get(pk=self.job.current_version_id)
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


class RowTests(TenantTestCase):
    def test_a_competency_of_the_library_comes_with_its_anchors_a_question_and_a_weight(self) -> None:
        plan = rows.with_library(rows.with_library(working.empty("T"), "listening"), "fairness")

        self.assertEqual(
            [(one.key, str(one.weight)) for one in plan.competencies], [("listening", "0.2"), ("fairness", "0.05")]
        )
        self.assertTrue(all(plan.competencies[0].anchors))
        self.assertEqual([one.competencies for one in plan.questions], [("listening",), ("fairness",)])
        self.assertEqual(len(plan.questions[0].follow_ups), 4)

    def test_what_is_there_already_or_nowhere_is_not_added(self) -> None:
        plan = rows.with_library(working.empty("T"), "listening")
        for key in ("listening", "telepathy", ""):
            self.assertRaises(rows.CannotAdd, rows.with_library, plan, key)

    def test_an_own_competency_has_a_key_of_its_own(self) -> None:
        plan = rows.with_own(rows.with_own(working.empty("T"), "Dough & heat", "technical"), "dough heat", "values")

        found = [(one.key, one.name, one.weight) for one in plan.competencies]
        self.assertEqual(found[0], ("dough_heat", "Dough & heat", Decimal("0.2")))
        self.assertEqual(found[1], ("dough_heat_2", "dough heat", Decimal("0.05")))
        self.assertRaises(rows.CannotAdd, rows.with_own, plan, "?!", "technical")

    def test_removing_a_competency_takes_the_questions_about_it_alone(self) -> None:
        plan = rows.without_competency(make.PLAN, 1)

        self.assertEqual([one.key for one in plan.competencies], ["sql", "candour"])
        self.assertEqual([one.competencies for one in plan.questions], [("sql",), ("candour",)])
        self.assertEqual(rows.without_competency(make.PLAN, 9), make.PLAN)

    def test_weights_are_shared_out_to_one(self) -> None:
        heavy = [replace(one, weight=Decimal(1)) for one in make.PLAN.competencies]

        plan = rows.shared_out(replace(make.PLAN, competencies=tuple(heavy)))

        self.assertEqual([str(one.weight) for one in plan.competencies], ["0.334", "0.333", "0.333"])
        none = replace(make.PLAN, competencies=tuple(replace(one, weight=Decimal(0)) for one in heavy))
        self.assertEqual(rows.shared_out(none), none)

    def test_a_full_plan_takes_nothing_more(self) -> None:
        plan = working.empty("T")
        for number in range(rows.MOST_COMPETENCIES):
            plan = rows.with_own(plan, f"Own {number}", "technical")
        self.assertRaises(rows.CannotAdd, rows.with_own, plan, "One more", "technical")
        for _ in range(rows.MOST_QUESTIONS):
            plan = rows.with_question(plan, QuestionPlan("", ()))
        self.assertRaises(rows.CannotAdd, rows.with_question, plan, QuestionPlan("", ()))

    def test_a_question_moves_up(self) -> None:
        first, second = make.PLAN.questions

        self.assertEqual(rows.earlier(make.PLAN, 1).questions, (second, first))
        self.assertEqual(rows.earlier(make.PLAN, 0), make.PLAN)


def _lighter() -> tuple[jobs.CompetencyPlan, ...]:
    first, *others = make.PLAN.competencies
    return (replace(first, weight=Decimal("0.4")), *others)
