"""Support access for tests: the platform's person, their grants, their browser."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps

from accounts.models import User
from accounts.tests.people import platform_admin
from core import clock, tenancy
from core.testing import HOME, TenantClient
from tenants.models import SupportGrant, Tenant
from tenants.services import support

REASON = "Ticket 4711: the overview is empty."
SETTINGS = "/settings/support/"


def tenant(schema: str = HOME) -> Tenant:
    return Tenant.objects.get(schema_name=schema)


def staff(email: str = "root@candor.example") -> User:
    with tenancy.enter_platform():
        return User.objects.filter(email=email).first() or platform_admin(email)


def asked(by: User, schema: str = HOME, **changes: Any) -> SupportGrant:
    """A grant as the admin makes it: open at once unless it is to write."""
    fields: dict[str, Any] = {"reason": REASON, "scope": "read", "minutes": 60} | changes
    with tenancy.enter_platform():
        return support.request(tenant_id=tenant(schema).pk, by=by, **fields)


def path_of(grant: SupportGrant, by: User) -> str:
    """The path of a new link."""
    with tenancy.enter_platform():
        return urlsplit(support.make_link(grant_id=grant.pk, by=by)).path


def entered(grant: SupportGrant, by: User, schema: str = HOME) -> TenantClient:
    """The browser of the platform's person, inside."""
    client = TenantClient(schema)
    response = client.post(path_of(grant, by))
    assert response.status_code == 303, response.status_code
    return client


def age(grant: SupportGrant, **changes: timedelta) -> None:
    """Move these times of the grant into the past, with its beginning."""
    moved = {name: clock.now() - by for name, by in changes.items()}
    first = min([*moved.values(), clock.now()]) - timedelta(hours=1)
    SupportGrant.objects.filter(pk=grant.pk).update(starts_at=first, **moved)


def trail(**wanted: Any) -> list[tuple[str, str, Any, dict[str, Any]]]:
    """Action, type and id of the actor, and detail of the current schema's events, oldest first."""
    rows = apps.get_model("audit", "AuditEvent")._default_manager.filter(**wanted).order_by("pk")
    return list(rows.values_list("action", "actor_type", "actor_id", "detail"))
