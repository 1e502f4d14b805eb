"""Connections to identity providers for tests."""

from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person
from core import clock
from tenants.models import EmailDomain, SamlConnection
from tenants.services import sso
from tenants.tests import idps


def audited(**wanted: Any) -> QuerySet[Any]:
    """The audit trail of the current schema, oldest first; tenants may not import who keeps it."""
    return apps.get_model("audit", "AuditEvent")._default_manager.filter(**wanted).order_by("pk")


def admin(role: str = Role.ADMIN, **fields: Any) -> User:
    """Somebody of the current schema with this role."""
    return person(f"{role}@{fields.pop('at', 'staff.example')}", name=f"The {role}", role=role, **fields)


def connected(by: User, raw: bytes | None = None, **changes: Any) -> SamlConnection:
    """The tenant's connection, off and untested unless told."""
    made = sso.give_metadata(raw=raw or idps.metadata(), by=by)
    if changes:
        SamlConnection.objects.filter(pk=made.pk).update(**changes)
        made.refresh_from_db()
    return made


def enforced(by: User, break_glass: User) -> SamlConnection:
    """A connection that passed its test, with passwords for one account alone."""
    return connected(by, enabled=True, tested_at=clock.now(), enforced=True, break_glass_user_id=break_glass.pk)


def verified(tenant_id: Any, domain: str) -> EmailDomain:
    return EmailDomain.objects.create(
        tenant_id=tenant_id, domain=domain, token="t", proof=EmailDomain.Proof.DNS, verified_at=clock.now()
    )
