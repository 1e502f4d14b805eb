"""What the tests of a plan's pages share."""

from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.roles import Role
from core.testing import TenantTestCase
from interviews.models import PlanDraft
from interviews.plan_forms import PlanForms
from interviews.services import plan_drafts
from interviews.services.jobs import JobPlan
from interviews.services.plan_drafts import working
from interviews.tests import make

DESCRIPTION = (
    "Bakery shift leader. You plan the night shift and its deadlines, train new bakers, keep the budget for flour and"
    " butter, deal with complaints of customers and write reports about every batch that failed."
)


def form_of(plan: JobPlan, revision: int = 1) -> dict[str, Any]:
    """What the browser sends for this plan."""
    forms = PlanForms.of_plan(plan, revision)
    data: dict[str, Any] = {"competencies": len(forms.competencies), "questions": len(forms.questions), "do": "save"}
    for form in (forms.head, *forms.competencies, *forms.questions):
        shown = {field.html_name: field.value() for field in form}
        data |= {name: value for name, value in shown.items() if value is not None and value is not False}
    return data


class PageCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = make.staff(Role.ADMIN)
        self.job = make.job()
        self.draft = plan_drafts.start_next(job_id=self.job.pk, by=self.admin)
        self.url = reverse("portal_plan", args=[self.draft.pk])
        self.publish_url = reverse("portal_plan_publish", args=[self.draft.pk])
        self.client = make.signed_in(self.admin)

    def send(self, plan: JobPlan = make.PLAN, revision: int = 1, changes: dict[str, Any] | None = None) -> Any:
        return self.client.post(self.url, form_of(plan, revision) | (changes or {}))

    def kept(self) -> JobPlan:
        return working.loaded(PlanDraft.objects.get(pk=self.draft.pk).plan).plan

    def assert_unchanged(self) -> None:
        self.assertEqual(PlanDraft.objects.get(pk=self.draft.pk).revision, 1)
        self.assertEqual(self.kept(), make.PLAN)


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
