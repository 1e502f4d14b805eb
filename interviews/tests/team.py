"""People to whom jobs and interviews are assigned, for tests."""

from accounts.models import User
from accounts.roles import Role
from interviews.models import Interview, Job
from interviews.services import assignments
from interviews.tests import make


def assigned(user: User, *rows: Job | Interview) -> User:
    """The person, to whom a recruiter assigned these jobs or interviews."""
    by = make.staff()
    for row in rows:
        if isinstance(row, Job):
            assignments.assign_job(job_id=row.pk, user_id=user.pk, by=by)
        else:
            assignments.assign_interview(interview_id=row.pk, user_id=user.pk, by=by)
    return user


def staff_of(interview: Interview, role: str) -> User:
    """A person of this role for whom the interview is there."""
    user = make.staff(role)
    if role == Role.HIRING_MANAGER:
        assigned(user, interview.application.job)
    if role == Role.REVIEWER:
        assigned(user, interview)
    return user
