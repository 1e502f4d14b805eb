"""Plans that somebody works on: kept, and guarded against a second editor."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from accounts.roles import NotPermitted, Role
from core.testing import OTHER
from interviews.models import Job, JobVersion, PlanDraft
from interviews.services import plan_drafts
from interviews.services.jobs import QuestionPlan
from interviews.tests import make
from interviews.tests.plan_pages import DESCRIPTION, DraftCase, plan_in


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
                lambda by=by: plan_drafts.discard(draft_id=draft.pk, revision=1, by=by),
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
            plan_drafts.discard(draft_id=theirs.pk, revision=1, by=self.admin)
        with self.in_tenant(OTHER):
            self.assertEqual(PlanDraft.objects.count(), 1)

    def test_a_discarded_draft_is_gone_and_what_is_published_stays(self) -> None:
        draft = self.next()

        plan_drafts.discard(draft_id=draft.pk, revision=1, by=self.admin)

        self.assertEqual((PlanDraft.objects.count(), JobVersion.objects.count()), (0, 1))
        self.assertEqual(make.actions("plan_draft"), ["plan_draft.started", "plan_draft.discarded"])

    def test_what_somebody_saved_since_it_was_shown_is_not_discarded(self) -> None:
        draft = self.next()
        self.saved(replace(make.PLAN, title="Mine"))

        with self.assertRaises(plan_drafts.StaleDraft) as raised:
            plan_drafts.discard(draft_id=draft.pk, revision=1, by=self.admin)

        self.assertEqual(raised.exception.newer.revision, 2)
        self.assertEqual(plan_in(draft).title, "Mine")
        self.assertEqual(make.actions("plan_draft"), ["plan_draft.started", "plan_draft.saved"])


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
