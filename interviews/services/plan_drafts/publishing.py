"""From a draft to a version: by a person who saw what changes, and never past an error of the linter."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit
from interviews.models import JobVersion, PlanDraft
from interviews.selectors import scope
from interviews.services import jobs
from interviews.services.jobs import plan_of
from interviews.services.plan_drafts.checking import refuse_errors
from interviews.services.plan_drafts.saving import WITH_PLAN, StaleDraft, drafts_of
from interviews.services.plan_drafts.working import loaded


@transaction.atomic
def publish(*, draft_id: UUID, revision: int, follows: int, by: User) -> UUID:
    """Publish the draft as the version after number `follows` (0: as a new job), and end it.

    :param revision: the save that was shown, and `follows` the version that it was compared with.
    :returns: the job's id.
    :raises StaleDraft: if another plan was saved meanwhile.
    :raises interviews.services.jobs.ChangedMeanwhile: if another version was published meanwhile.
    :raises LinterObjects: if the plan has an error; nothing is written in any of these cases.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises PlanDraft.DoesNotExist: if there is no such draft for this person.
    """
    by.require(Permission.MANAGE_JOBS)
    draft = drafts_of(by).select_for_update(of=("self",)).get(pk=draft_id)
    if draft.revision != revision:
        raise StaleDraft(draft)
    plan = loaded(draft.plan).plan
    refuse_errors(plan)
    if draft.job_id is None:
        job_id = jobs.publish_first(plan=plan, by=by).pk
    else:
        job_id = jobs.publish_next(job_id=draft.job_id, follows=follows, plan=plan, by=by).job_id
    PlanDraft.objects.filter(pk=draft_id).delete()
    audit.record("plan_draft.published", draft, job=str(job_id))
    return job_id


@transaction.atomic
def restore(*, job_id: UUID, number: int, follows: int, by: User) -> JobVersion:
    """Publish the plan of an earlier version again, as the version after number `follows`.

    :raises interviews.services.jobs.ChangedMeanwhile: if another version was published meanwhile.
    :raises LinterObjects: if today's linter finds an error in it; nothing is written in either case.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises Job.DoesNotExist, JobVersion.DoesNotExist: if there is no such version for this person.
    """
    by.require(Permission.MANAGE_JOBS)
    job = scope.jobs_of(by).get(pk=job_id)
    published = JobVersion.objects.filter(job=job, published_at__isnull=False)
    plan = plan_of(published.select_related("job").prefetch_related(*WITH_PLAN).get(number=number))
    refuse_errors(plan)
    return jobs.publish_next(job_id=job_id, follows=follows, plan=plan, by=by, restores=number)
