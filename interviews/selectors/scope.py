"""Which jobs and interviews there are for a person: every page, and every act in a person's name, starts here.

What is out of scope is not there (a 404), whatever the person's role may do elsewhere.
"""

from typing import Any

from django.db.models import Q, QuerySet

from accounts import roles
from accounts.models import User
from accounts.roles import Permission, Scope
from interviews.models import Interview, InterviewAssignment, Job, JobAssignment

NOBODYS = Q(pk__in=())


def jobs_of(user: User) -> QuerySet[Job]:
    """The jobs there are for this person; a reviewer's are those of the assigned interviews."""
    match _scope(user):
        case Scope.EVERYTHING:
            return Job.objects.all()
        case Scope.ASSIGNED_JOBS:
            return Job.objects.filter(pk__in=_assigned_jobs(user))
        case Scope.ASSIGNED_INTERVIEWS:
            assigned = Interview.objects.filter(pk__in=_assigned_interviews(user))
            return Job.objects.filter(pk__in=assigned.values("application__job"))
    return Job.objects.none()


def interviews_of(user: User) -> QuerySet[Interview]:
    """The interviews there are for this person."""
    return Interview.objects.filter(within(user))


def within(user: User, path: str = "") -> Q:
    """That the interview at `path` (ends in "__", "" is the row itself) is one of those: filters any other table."""
    match _scope(user):
        case Scope.EVERYTHING:
            return Q()
        case Scope.ASSIGNED_JOBS:
            return Q(**{f"{path}application__job__in": _assigned_jobs(user)})
        case Scope.ASSIGNED_INTERVIEWS:
            return Q(**{f"{path}pk__in": _assigned_interviews(user)})
    return NOBODYS


def people_of(interview: Interview, permission: Permission) -> QuerySet[User]:
    """Active people of the tenant who hold `permission` and for whom this interview is there."""
    managers = JobAssignment.objects.filter(job=interview.application.job_id).values("user")
    reviewers = InterviewAssignment.objects.filter(interview=interview).values("user")
    return User.objects.filter(is_active=True).filter(
        Q(role__in=roles.of_scope(Scope.EVERYTHING, permission))
        | Q(role__in=roles.of_scope(Scope.ASSIGNED_JOBS, permission), pk__in=managers)
        | Q(role__in=roles.of_scope(Scope.ASSIGNED_INTERVIEWS, permission), pk__in=reviewers)
    )


def _scope(user: User) -> Scope:
    return roles.scope_of(user.role) if user.is_active else Scope.NOTHING


def _assigned_jobs(user: User) -> QuerySet[JobAssignment, Any]:
    return JobAssignment.objects.filter(user=user).values("job")


def _assigned_interviews(user: User) -> QuerySet[InterviewAssignment, Any]:
    return InterviewAssignment.objects.filter(user=user).values("interview")
