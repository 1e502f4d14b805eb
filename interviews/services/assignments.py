"""Assigning people: hiring managers to jobs, reviewers to interviews. Twice is once, either way."""

from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, Role
from core import audit
from interviews.models import InterviewAssignment, JobAssignment
from interviews.selectors import scope


class CannotAssign(ValueError):
    """Only an active person with the role that is assigned here can be; the message says which."""


@transaction.atomic
def assign_job(*, job_id: UUID, user_id: UUID, by: User) -> None:
    """Let this hiring manager work on the job.

    :raises CannotAssign: if the person is none, or disabled.
    :raises accounts.roles.NotPermitted, interviews.models.Job.DoesNotExist: with nothing changed.
    """
    by.require(Permission.ASSIGN)
    job = scope.jobs_of(by).get(pk=job_id)
    _check(user_id, Role.HIRING_MANAGER, _("Choose an active person whose role is hiring manager."))
    if JobAssignment.objects.get_or_create(job=job, user_id=user_id)[1]:
        audit.record("job.assigned", job, user=str(user_id))


@transaction.atomic
def unassign_job(*, job_id: UUID, user_id: UUID, by: User) -> None:
    """Take the job from this person; what they rated and decided stands.

    :raises accounts.roles.NotPermitted, interviews.models.Job.DoesNotExist: with nothing changed.
    """
    by.require(Permission.ASSIGN)
    job = scope.jobs_of(by).get(pk=job_id)
    _remove(job, user_id, "job.unassigned")


@transaction.atomic
def assign_interview(*, interview_id: UUID, user_id: UUID, by: User) -> None:
    """Let this reviewer rate the interview.

    :raises CannotAssign: if the person is none, or disabled.
    :raises accounts.roles.NotPermitted, interviews.models.Interview.DoesNotExist: with nothing changed.
    """
    by.require(Permission.ASSIGN)
    interview = scope.interviews_of(by).get(pk=interview_id)
    _check(user_id, Role.REVIEWER, _("Choose an active person whose role is reviewer."))
    if InterviewAssignment.objects.get_or_create(interview=interview, user_id=user_id)[1]:
        audit.record("interview.assigned", interview, user=str(user_id))


@transaction.atomic
def unassign_interview(*, interview_id: UUID, user_id: UUID, by: User) -> None:
    """Take the interview from this person; what they rated stands.

    :raises accounts.roles.NotPermitted, interviews.models.Interview.DoesNotExist: with nothing changed.
    """
    by.require(Permission.ASSIGN)
    interview = scope.interviews_of(by).get(pk=interview_id)
    _remove(interview, user_id, "interview.unassigned")


def _check(user_id: UUID, role: Role, message: str) -> None:
    if not User.objects.filter(pk=user_id, role=role, is_active=True).exists():
        raise CannotAssign(message)


def _remove(row: models.Model, user_id: UUID, action: str) -> None:
    if row.assignments.filter(user=user_id).delete()[0]:  # type: ignore[attr-defined]
        audit.record(action, row, user=str(user_id))
