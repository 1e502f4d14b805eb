"""Who may do what, and with which rows: the whole permission matrix, in one place (docs/roles.md shows it).

A permission says what a person may do, the scope says which jobs and interviews there are for them. What is out of
scope does not exist for this person.
"""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    RECRUITER = "recruiter", _("Recruiter")
    HIRING_MANAGER = "hiring_manager", _("Hiring manager")
    REVIEWER = "reviewer", _("Reviewer")
    AUDITOR = "auditor", _("Auditor")


# One sentence a role, for the pages that give one; MATRIX decides.
IN_SHORT: dict[str, Promise] = {
    Role.OWNER: _("Everything, and alone may close the account."),
    Role.ADMIN: _("People, sign-in, keys, settings, billing and jobs, and all that a recruiter does."),
    Role.RECRUITER: _("Invites candidates, assigns colleagues, rates and decides, on every job."),
    Role.HIRING_MANAGER: _("Rates and decides on the candidates of assigned jobs; sees no other job."),
    Role.REVIEWER: _("Rates the interviews that were assigned, one by one, and decides on none."),
    Role.AUDITOR: _("Reads the audit trail and the jobs' plans; sees no candidate and changes nothing."),
}

SUPPORT, SUPPORT_WRITE = "support", "support_write"  # of support sessions alone: no row of a person has one
SUPPORT_ROLES = frozenset({SUPPORT, SUPPORT_WRITE})


class Scope(models.TextChoices):
    """The jobs and interviews that there are for a role."""

    NOTHING = "nothing", _("Nothing")
    EVERYTHING = "everything", _("Everything")
    ASSIGNED_JOBS = "assigned_jobs", _("Assigned jobs")
    ASSIGNED_INTERVIEWS = "assigned_interviews", _("Assigned interviews")


class Permission(models.TextChoices):
    VIEW_JOBS = "view_jobs", _("See jobs")
    MANAGE_JOBS = "manage_jobs", _("Create and publish jobs")
    VIEW_CANDIDATES = "view_candidates", _("See candidates and interviews")
    INVITE = "invite", _("Invite candidates")
    ASSIGN = "assign", _("Assign people to jobs and interviews")
    REVIEW = "review", _("Rate interviews")
    DECIDE = "decide", _("Decide on candidates")
    HANDLE_REQUESTS = "handle_requests", _("Handle candidates' requests")
    VIEW_MODEL_USE = "view_model_use", _("See how much the models are used")
    MANAGE_PEOPLE = "manage_people", _("Invite, change and disable people, and end their sessions")
    MANAGE_SIGN_IN = "manage_sign_in", _("Set up single sign-on, SCIM and e-mail domains")
    MANAGE_API_KEYS = "manage_api_keys", _("Make, rotate and revoke API keys")  # pragma: allowlist secret
    MANAGE_SETTINGS = "manage_settings", _("Change branding and custom domains")
    ALLOW_SUPPORT = "allow_support", _("See and end support access")
    VIEW_BILLING = "view_billing", _("See the plan, its use, costs and invoices")
    MANAGE_BILLING = "manage_billing", _("Change the plan, budgets and billing details")
    VIEW_AUDIT = "view_audit", _("Read the audit trail and what compliance needs")
    CLOSE_TENANT = "close_tenant", _("Close the account and take the data along")


_P = Permission
_RUNS_ALL = frozenset(_P)
MATRIX: dict[str, frozenset[Permission]] = {
    Role.OWNER: _RUNS_ALL,
    Role.ADMIN: _RUNS_ALL - {_P.CLOSE_TENANT},
    Role.RECRUITER: frozenset(
        {_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.INVITE, _P.ASSIGN, _P.REVIEW, _P.DECIDE, _P.HANDLE_REQUESTS}
    ),
    Role.HIRING_MANAGER: frozenset({_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.REVIEW, _P.DECIDE}),
    Role.REVIEWER: frozenset({_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.REVIEW}),
    Role.AUDITOR: frozenset({_P.VIEW_JOBS, _P.VIEW_AUDIT}),
    SUPPORT: frozenset({_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.VIEW_AUDIT}),
    # Who invites, rates, decides or answers a candidate is a person of the tenant, by name.
    SUPPORT_WRITE: frozenset({_P.VIEW_JOBS, _P.VIEW_CANDIDATES, _P.VIEW_AUDIT, _P.MANAGE_JOBS, _P.MANAGE_SETTINGS}),
}
SCOPES: dict[str, Scope] = {
    Role.OWNER: Scope.EVERYTHING,
    Role.ADMIN: Scope.EVERYTHING,
    Role.RECRUITER: Scope.EVERYTHING,
    Role.HIRING_MANAGER: Scope.ASSIGNED_JOBS,
    Role.REVIEWER: Scope.ASSIGNED_INTERVIEWS,
    Role.AUDITOR: Scope.EVERYTHING,
    SUPPORT: Scope.EVERYTHING,
    SUPPORT_WRITE: Scope.EVERYTHING,
}


# What nobody may while the tenant is not paid for. What candidates asked for is answered, people are let go, sign-in
# and support are kept safe, bills are paid and the data is taken along all the same.
NOT_WHILE_READ_ONLY = frozenset(
    {_P.MANAGE_JOBS, _P.INVITE, _P.ASSIGN, _P.REVIEW, _P.DECIDE, _P.MANAGE_API_KEYS, _P.MANAGE_SETTINGS}
)
NEED_SECOND_FACTOR = frozenset({Role.OWNER, Role.ADMIN})  # the platform's staff too: accounts.models.User


class NotPermitted(Exception):
    """The person's role does not allow this."""


class NotWhileReadOnly(NotPermitted):
    """The role would allow it, but the tenant is not paid for: its people read, and change nothing."""


def allows(role: str, permission: Permission) -> bool:
    """Whether `role` holds `permission`; an unknown role holds none."""
    return permission in MATRIX.get(role, frozenset())


def scope_of(role: str) -> Scope:
    """The scope of `role`; an unknown role's is nothing."""
    return SCOPES.get(role, Scope.NOTHING)


def of_scope(scope: Scope, permission: Permission) -> list[str]:
    """The roles with this scope that hold `permission`."""
    return [role for role, found in SCOPES.items() if found == scope and allows(role, permission)]
