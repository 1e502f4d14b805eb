"""What a tenant reads about support access to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from accounts.models import User
from core import clock, tenancy
from tenants.models import SupportGrant
from tenants.models.support import APPROVABLE

PAGE = 25
MOST_ACTS = 500
Status = SupportGrant.Status
TONES = {Status.REQUESTED: "warn", Status.OPEN: "info", Status.REVOKED: "bad"}


@dataclass(frozen=True, slots=True)
class Act:
    """One event of the tenant's trail; `said` is its action in words."""

    at: datetime
    action: str
    object_type: str
    object_id: str
    route: str = ""
    said: str = ""


Trail = Callable[..., list[Act]]
_trail: list[Trail] = []


def read_acts_by(trail: Trail) -> None:
    """Say who reads the trail: `trail(actor_type=, actor_id=, since=, until=, most=)`, newest first."""
    _trail[:] = [trail]


def grants(page: str | None) -> Page[Any]:
    """The tenant's grants, newest first, as rows."""
    rows: Any = SupportGrant.objects.filter(tenant_id=tenancy.tenant_id())
    found: Page[Any] = Paginator(rows, PAGE).get_page(page)
    found.object_list = [row(grant) for grant in found.object_list]
    return found


def grant(grant_id: UUID) -> dict[str, Any]:
    """One grant with what was done under it.

    :raises SupportGrant.DoesNotExist: for another tenant's too.
    """
    found = SupportGrant.objects.get(pk=grant_id, tenant_id=tenancy.tenant_id())
    decided_by = User.objects.filter(pk=found.decided_by).first() if found.decided_by else None
    return row(found) | {"decided_by": decided_by and decided_by.name, "acts": acts(found), "most_acts": MOST_ACTS}


def row(grant: SupportGrant) -> dict[str, Any]:
    """A grant as pages show it; one whose time is over is over, whatever its status says."""
    lapsed = _lapsed(grant)
    return {
        "id": grant.pk,
        "who": grant.staff_email,
        "reason": grant.reason,
        "scope_label": grant.get_scope_display(),
        "writes": grant.scope == SupportGrant.Scope.WRITE,
        "minutes": grant.minutes,
        "requested_at": grant.requested_at,
        "starts_at": grant.starts_at,
        "ends_at": grant.closed_at or grant.ends_at,
        "entered_at": grant.entered_at,
        "status_label": _("Over") if lapsed else _label(grant),
        "status_tone": "" if lapsed else TONES.get(Status(grant.status), ""),
        "waits": grant.status == Status.REQUESTED and not lapsed,
        "open": grant.status == Status.OPEN and not lapsed,
    }


def _label(grant: SupportGrant) -> str:
    return _("Waits for you") if grant.status == Status.REQUESTED else grant.get_status_display()


def acts(grant: SupportGrant) -> list[Act]:
    """What was opened and done under this grant, newest first: of one person no two grants overlap."""
    if grant.entered_at is None or grant.ends_at is None:
        return []
    until = min(grant.ends_at, grant.closed_at or grant.ends_at)
    who = {"actor_type": "support", "actor_id": grant.staff_id}
    return [act for read in _trail for act in read(**who, since=grant.requested_at, until=until, most=MOST_ACTS)]


def _lapsed(grant: SupportGrant) -> bool:
    now = clock.now()
    if grant.status == Status.OPEN:
        return grant.ends_at is not None and grant.ends_at <= now
    return grant.status == Status.REQUESTED and grant.requested_at + APPROVABLE <= now
