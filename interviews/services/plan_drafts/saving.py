"""Drafts of plans, kept under the number of the save that the writer saw last."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, state
from interviews.models import JobVersion, PlanDraft
from interviews.selectors import policies, scope
from interviews.services import drafting
from interviews.services.competency_library import library
from interviews.services.drafting import CannotDraft
from interviews.services.jobs import JobPlan, of_the_team, plan_of
from interviews.services.plan_drafts.checking import remarks_of
from interviews.services.plan_drafts.working import Drafted, Working, dumped, empty, from_draft, loaded
from interviews.services.plan_linter import Remark, cost, effort

WITH_PLAN = ("competencies", "questions__competencies")


class StaleDraft(Exception):
    """Somebody saved this plan since it was shown; `newer` is what they saved."""

    def __init__(self, newer: PlanDraft) -> None:
        super().__init__(str(newer.pk))
        self.newer = newer


class NothingMatched(CannotDraft):
    """No words of the description speak for a competency of the library."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft with everything that its page says about it; `current` is the version that candidates get now."""

    draft: PlanDraft
    working: Working
    current: JobVersion | None
    remarks: tuple[Remark, ...]
    effort: effort.Effort
    cost: cost.Cost


def start(*, title: str, by: User) -> PlanDraft:
    """Begin a plan for a new job; there is no job until it is published.

    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    """
    by.require(Permission.MANAGE_JOBS)
    with transaction.atomic():
        draft = _created(PlanDraft(), Working(empty(title)), by)
        audit.record("plan_draft.started", draft)
    return draft


def start_next(*, job_id: UUID, by: User) -> PlanDraft:
    """The draft of the job's next version, begun from its current one where nobody has begun yet.

    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises Job.DoesNotExist: if there is no such job for this person, or nothing of it is published.
    """
    by.require(Permission.MANAGE_JOBS)
    job = scope.jobs_of(by).get(pk=job_id, current_version__isnull=False)
    assert job.current_version_id is not None  # it was asked for
    found = PlanDraft.objects.filter(job=job).first()
    if found is not None:
        return found
    version = JobVersion.objects.select_related("job").prefetch_related(*WITH_PLAN).get(pk=job.current_version_id)
    try:
        with transaction.atomic():
            draft = _created(PlanDraft(job=job, follows=version.number), Working(plan_of(version)), by)
            audit.record("plan_draft.started", draft, job=str(job_id), follows=version.number)
    except IntegrityError:  # somebody began at the same moment
        return PlanDraft.objects.get(job=job)
    return draft


def open_draft(*, draft_id: UUID, by: User) -> Opened:
    """The draft with the linter's word on it, its minutes and its cost.

    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises PlanDraft.DoesNotExist: if there is no such draft for this person.
    """
    by.require(Permission.MANAGE_JOBS)
    draft = drafts_of(by).select_related("job", "saved_by").get(pk=draft_id)
    working = loaded(draft.plan)
    return Opened(
        draft=draft,
        working=working,
        current=current_of(draft),
        remarks=remarks_of(working.plan),
        effort=effort.estimate(working.plan),
        cost=cost.estimate(working.plan, policies.of_tenant()),
    )


def save(*, draft_id: UUID, revision: int, plan: JobPlan, by: User) -> PlanDraft:
    """Keep the plan, if `revision` is the save that the writer saw last. The same plan again is no save.

    :raises StaleDraft: if another plan was saved meanwhile; nothing is written.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises PlanDraft.DoesNotExist: if there is no such draft for this person.
    """
    by.require(Permission.MANAGE_JOBS)
    draft = drafts_of(by).get(pk=draft_id)
    held = loaded(draft.plan)
    return _kept(draft, revision, replace(held, plan=replace(plan, slug=held.plan.slug)), by)


def describe(*, draft_id: UUID, revision: int, description: str, by: User) -> Drafted:
    """Replace the plan's competencies and questions by drafted ones, for a person to change.

    Hold no transaction: where a model is configured, calls go over the network.

    :returns: by whom they were drafted.
    :raises CannotDraft: if the description can't be read, or (NothingMatched) speaks for nothing; the message says why.
    :raises StaleDraft: if another plan was saved meanwhile; nothing is written.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises PlanDraft.DoesNotExist: if there is no such draft for this person.
    """
    by.require(Permission.MANAGE_JOBS)
    draft = drafts_of(by).select_related("saved_by").get(pk=draft_id)
    if draft.revision != revision:
        raise StaleDraft(draft)
    frame = loaded(draft.plan).plan
    found = drafting.draft_with_model(
        description,
        policies.of_job(draft.job_id),
        library=library(),
        title=frame.title,
        minutes=frame.minutes,
        jurisdiction=frame.jurisdiction,
    )
    if not found.matched:
        raise NothingMatched
    working = from_draft(found, frame)
    _kept(draft, revision, working, by)
    return working.drafted


@transaction.atomic
def discard(*, draft_id: UUID, revision: int, by: User) -> PlanDraft:
    """Remove the draft, if `revision` is the save that was shown; what is published stays as it is.

    :returns: the draft as it was.
    :raises StaleDraft: if another plan was saved meanwhile; nothing is removed.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises PlanDraft.DoesNotExist: if there is no such draft for this person.
    """
    by.require(Permission.MANAGE_JOBS)
    draft = drafts_of(by).select_for_update(of=("self",)).get(pk=draft_id)
    if draft.revision != revision:
        raise StaleDraft(draft)
    PlanDraft.objects.filter(pk=draft_id).delete()
    audit.record("plan_draft.discarded", draft, job=str(draft.job_id or ""))
    return draft


def drafts_of(user: User) -> QuerySet[PlanDraft]:
    """The drafts that there are for this person: of new jobs, and of the jobs in scope."""
    return PlanDraft.objects.filter(Q(job=None) | Q(job__in=scope.jobs_of(user)))


def current_of(draft: PlanDraft) -> JobVersion | None:
    """What candidates of the draft's job get now, with its plan at hand."""
    if draft.job is None or draft.job.current_version_id is None:
        return None
    found = JobVersion.objects.select_related("job").prefetch_related(*WITH_PLAN)
    return found.get(pk=draft.job.current_version_id)


def _created(draft: PlanDraft, working: Working, by: User) -> PlanDraft:
    draft.plan, draft.saved_by, draft.saved_at = dumped(working), of_the_team(by), clock.now()
    draft.save(force_insert=True)
    return draft


def _kept(draft: PlanDraft, revision: int, working: Working, by: User) -> PlanDraft:
    if draft.revision == revision and loaded(draft.plan) == working:
        return draft
    text = dumped(working)
    changes = state.sealed(draft, {"plan": text}) | {"saved_by": of_the_team(by), "saved_at": clock.now()}
    with transaction.atomic():
        seen = PlanDraft.objects.filter(pk=draft.pk, revision=revision)
        if seen.update(revision=F("revision") + 1, **changes) != 1:
            raise StaleDraft(PlanDraft.objects.select_related("saved_by").get(pk=draft.pk))
        audit.record("plan_draft.saved", draft, revision=revision + 1, source=working.drafted.source)
    draft.plan, draft.revision = text, revision + 1
    return draft
