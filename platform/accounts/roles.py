"""Who may do what: the whole permission matrix, in one place."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    RECRUITER = "recruiter", _("Recruiter")
    HIRING_MANAGER = "hiring_manager", _("Hiring manager")
    REVIEWER = "reviewer", _("Reviewer")
    AUDITOR = "auditor", _("Auditor")


class Permission(models.TextChoices):
    VIEW_JOBS = "view_jobs", _("See jobs")
    MANAGE_JOBS = "manage_jobs", _("Create and publish jobs")
    VIEW_CANDIDATES = "view_candidates", _("See candidates and interviews")
    INVITE = "invite", _("Invite candidates")
    REVIEW = "review", _("Rate interviews")
    DECIDE = "decide", _("Decide on candidates")
    HANDLE_REQUESTS = "handle_requests", _("Handle candidates' requests")
    VIEW_MODEL_USE = "view_model_use", _("See how much the models are used")


_P = Permission
MATRIX: dict[str, frozenset[Permission]] = {
    Role.OWNER: frozenset(_P),
    Role.ADMIN: frozenset(_P),
    Role.RECRUITER: frozenset({_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.INVITE, _P.REVIEW, _P.DECIDE, _P.HANDLE_REQUESTS}),
    Role.HIRING_MANAGER: frozenset({_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.REVIEW, _P.DECIDE}),
    Role.REVIEWER: frozenset({_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.REVIEW}),
    Role.AUDITOR: frozenset({_P.VIEW_JOBS}),
}


class NotPermitted(Exception):
    """The person's role does not allow this."""


def allows(role: str, permission: Permission) -> bool:
    """Whether `role` holds `permission`; an unknown role holds none."""
    return permission in MATRIX.get(role, frozenset())
