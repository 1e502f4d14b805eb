"""Suspending a tenant and resuming it.

While it is suspended every page of its host says so (503), for its people as for its candidates: no interview goes on
and none begins. Nothing is removed: people stay signed in, and what was accepted is still worked on or waits in the
table of what is owed. The time that a running interview lost is given back when the tenant is resumed.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock, state, tenancy
from core.state import TransitionNotAllowed
from tenants.models import Tenant
from tenants.services import suspension_mail
from tenants.services.trails import record_in_both

_when_resumed: dict[str, Callable[[timedelta], None]] = {}


class Why(models.TextChoices):
    """Why a tenant is suspended, or resumed."""

    SECURITY = "security", _("Security")
    ABUSE = "abuse", _("Abuse")
    ASKED = "asked", _("The customer asked for it")
    SOLVED = "solved", _("The cause is gone")


class NotSuspendable(Exception):
    """Only a tenant that is ready can be suspended, and only a suspended one resumed."""


def when_resumed(name: str, act: Callable[[timedelta], None]) -> None:
    """Have `act(time suspended)` called inside a tenant's schema when it is resumed (called in AppConfig.ready)."""
    _when_resumed[name] = act


@transaction.atomic
def suspend(*, tenant_id: UUID, why: Why, by: UUID) -> Tenant:
    """Stop serving the tenant; within seconds every process knows. `by` is a person of the platform's staff.

    :raises NotSuspendable: unless it is ready.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    _move(tenant, Tenant.Status.SUSPENDED, source=Tenant.Status.READY, suspended_at=clock.now())
    record_in_both("tenant.suspended", tenant, tenant=tenant, by=audit.Actor("platform", by), why=why)
    suspension_mail.owe(tenant)
    transaction.on_commit(tenancy.forget)
    return tenant


@transaction.atomic
def resume(*, tenant_id: UUID, why: Why, by: UUID) -> Tenant:
    """Serve a suspended tenant again, and give its interviews the time back.

    :raises NotSuspendable: unless it is suspended.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    since = tenant.suspended_at
    _move(tenant, Tenant.Status.READY, source=Tenant.Status.SUSPENDED, suspended_at=None)
    record_in_both("tenant.resumed", tenant, tenant=tenant, by=audit.Actor("platform", by), why=why)
    if since is not None:
        with tenancy.enter(tenant.schema_name):
            for act in _when_resumed.values():
                act(clock.now() - since)
    suspension_mail.owe(tenant)
    transaction.on_commit(tenancy.forget)
    return tenant


def _move(tenant: Tenant, to: Tenant.Status, *, source: Tenant.Status, **changes: Any) -> None:
    try:
        state.move(tenant, to, source=source, **changes)
    except TransitionNotAllowed as error:
        raise NotSuspendable(f"{tenant.name}: {tenant.get_status_display()}") from error
