"""A job's published versions beside each other, and a draft beside the current one."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from accounts.roles import Permission
from core import audit
from interviews.models import Job, JobVersion
from interviews.selectors import scope
from interviews.services import plan_diff, plan_drafts, rubrics
from interviews.services.jobs import JobPlan, plan_of
from interviews.services.plan_diff import Diff
from interviews.services.plan_drafts.saving import WITH_PLAN
from interviews.services.rubrics import Rubric


@dataclass(frozen=True, slots=True)
class Published:
    """A version and its rubric; `comparable` is whether its scores may stand beside those of the current one."""

    version: JobVersion
    rubric: Rubric
    comparable: bool


@dataclass(frozen=True, slots=True)
class History:
    """The versions, the newest first, and what changed between the two that were chosen (None: there is only one)."""

    job: Job
    versions: tuple[Published, ...]
    older: Published | None
    newer: Published | None
    diff: Diff | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft as it would be published: `rubric` is the number it gets, `before` that of the current version."""

    opened: plan_drafts.Opened
    diff: Diff | None
    rubric: Rubric
    before: Rubric | None

    @property
    def comparable(self) -> bool:
        return self.before is not None and rubrics.comparable(self.before, self.rubric)


def history(*, job_id: UUID, older: int, newer: int, by: User) -> History:
    """The published versions of a job; without two that exist, the newest two are compared.

    :raises accounts.roles.NotPermitted: if `by` may not see jobs.
    :raises Job.DoesNotExist: if there is no such job for this person.
    """
    by.require(Permission.VIEW_JOBS)
    job = scope.jobs_of(by).get(pk=job_id)
    audit.record("job.versions_viewed", job)
    found = _published(job)
    numbered = {one.version.number: one for one in found}
    if older in numbered and newer in numbered and older != newer:
        first, second = sorted((older, newer))
        chosen = numbered[first], numbered[second]
    elif len(found) > 1:
        chosen = found[1], found[0]
    else:
        return History(job, found, None, None, None)
    before, after = _plans(job, chosen)
    return History(job, found, *chosen, plan_diff.between(before, after))


def proposal(*, draft_id: UUID, by: User) -> Proposal:
    """The draft beside what candidates get now.

    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises PlanDraft.DoesNotExist: if there is no such draft for this person.
    """
    opened = plan_drafts.open_draft(draft_id=draft_id, by=by)
    plan = opened.working.plan
    content = rubrics.content_of(plan.competencies, plan)
    if opened.current is None:
        return Proposal(opened, None, rubrics.after(None, content), None)
    before = rubrics.of(opened.current)
    return Proposal(opened, plan_diff.between(plan_of(opened.current), plan), rubrics.after(before, content), before)


def _published(job: Job) -> tuple[Published, ...]:
    found = rubrics.of_job(job.pk)
    versions = JobVersion.objects.filter(pk__in=found).select_related("published_by").order_by("-number")
    current = found.get(job.current_version_id) if job.current_version_id else None
    return tuple(
        Published(one, found[one.pk], current is not None and rubrics.comparable(found[one.pk], current))
        for one in versions
    )


def _plans(job: Job, chosen: Iterable[Published]) -> list[JobPlan]:
    """Their plans, in the same order; title and location are the job's own, and no version's."""
    ids = [one.version.pk for one in chosen]
    rows = JobVersion.objects.filter(pk__in=ids).select_related("job").prefetch_related(*WITH_PLAN)
    by_id = {row.pk: plan_of(row) for row in rows}
    return [by_id[pk] for pk in ids]
