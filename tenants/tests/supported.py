"""The platform's person for tests: the admin in their browser, their grants of support access, their way in."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.urls import reverse

from accounts.models import User
from accounts.tests.people import platform_admin
from core import clock, tenancy
from core.testing import HOME, TenantClient, TenantTestCase
from tenants.models import SupportGrant, Tenant
from tenants.services import support

REASON = "Ticket 4711: the overview is empty."
SETTINGS = "/settings/support/"


def tenant(schema: str = HOME) -> Tenant:
    return Tenant.objects.get(schema_name=schema)


def staff(email: str = "root@candor.example") -> User:
    with tenancy.enter_platform():
        return User.objects.filter(email=email).first() or platform_admin(email)


def page(model: str, kind: str, *args: object) -> str:
    """The path of a page of the admin."""
    return reverse(f"admin:tenants_{model}_{kind}", args=args, urlconf="config.urls_admin")


def in_admin(by: User) -> TenantClient:
    """The browser of the platform's person, signed in to the admin."""
    with tenancy.enter_platform():
        client = TenantClient("admin")
        client.force_login(by)
    return client


class AdminCase(TenantTestCase):
    """`root`, of the platform's staff, is signed in to the admin."""

    def setUp(self) -> None:
        super().setUp()
        self.root = staff()
        self.client = in_admin(self.root)


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
