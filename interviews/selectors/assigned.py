"""Who works on a job and who rates an interview."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Role
from interviews.models import InterviewAssignment, JobAssignment


def managers(job_id: Any) -> dict[str, Any]:
    """Who is assigned to this job, and who could be."""
    return _people(Role.HIRING_MANAGER, JobAssignment.objects.filter(job=job_id, user=OuterRef("pk")))


def reviewers(interview_id: Any) -> dict[str, Any]:
    """Who is assigned to this interview, and who could be."""
    return _people(Role.REVIEWER, InterviewAssignment.objects.filter(interview=interview_id, user=OuterRef("pk")))


def _people(role: Role, assignments: QuerySet[Any]) -> dict[str, Any]:
    """In `assigned` everybody with a row, also who has no access at present; in `choices` who could get one."""
    rows = User.objects.annotate(assigned=Exists(assignments)).filter(Q(assigned=True) | Q(role=role, is_active=True))
    people = list(rows.order_by("name", "email"))
    return {
        "assigned": [_person(user, role) for user in people if user.assigned],
        "choices": [{"id": user.pk, "name": str(user)} for user in people if not user.assigned],
    }


def _person(user: User, role: Role) -> dict[str, Any]:
    return {"id": user.pk, "name": str(user), "email": user.email, "note": _note(user, role)}


def _note(user: User, role: Role) -> Any:
    if not user.is_active:
        return _("no access: disabled")
    return "" if user.role == role else _("no access here: has another role now")
