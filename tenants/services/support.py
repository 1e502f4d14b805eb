"""Support access: asked for by the platform's staff, agreed to or ended by the tenant, used through a one-time link.

Looking needs the tenant's approval where the tenant said so; changing always needs it. A grant opens nothing by itself:
its link, good once and for minutes, begins a session on the tenant's host (tenants.services.support_sessions).
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, state, tenancy
from core.state import TransitionNotAllowed
from tenants.models import SupportGrant, Tenant
from tenants.models.support import APPROVABLE, SHORTEST_REASON
from tenants.services import support_mail
from tenants.services.provisioning import host_of
from tenants.services.trails import record_in_both

LINK_SECONDS = 300
Status, Scope = SupportGrant.Status, SupportGrant.Scope


class ReasonMissing(ValueError):
    """Say in a sentence why you need to look: the tenant reads it."""


class TenantNotServed(Exception):
    """Only a tenant that is ready has a site to look at."""


class AskedAtOnce(Exception):
    """Another grant for the same tenant was made at this moment."""


class GrantClosed(Exception):
    """The grant is over, or was decided already."""


class LinkNotValid(LookupError):
    """The link is wrong, old, used, of another tenant, or its grant is over."""


def request(*, tenant_id: UUID, by: User, reason: str, scope: str, minutes: int) -> SupportGrant:
    """Ask for access (in public); it is open at once unless the tenant has to agree. An older grant of `by` here ends.

    :raises ReasonMissing: if the reason is hardly one.
    :raises TenantNotServed: if the tenant has no site now.
    :raises AskedAtOnce: if two are asked for at the same moment.
    """
    tenant, reason, now = Tenant.objects.get(pk=tenant_id), " ".join(reason.split()), clock.now()
    if len(reason) < SHORTEST_REASON:
        raise ReasonMissing
    if tenant.status != Tenant.Status.READY:
        raise TenantNotServed(tenant.subdomain)
    waits = scope == Scope.WRITE or tenant.support_needs_approval
    fields = {} if waits else {"status": Status.OPEN, "starts_at": now, "ends_at": now + timedelta(minutes=minutes)}
    try:
        with transaction.atomic():
            for older in SupportGrant.objects.filter(tenant=tenant, staff_id=by.pk, status__in=SupportGrant.LIVE):
                _close(older, Status.ENDED, by=audit.Actor("platform", by.pk))
            grant = SupportGrant.objects.create(
                tenant=tenant,
                staff_id=by.pk,
                staff_email=by.email,
                reason=reason,
                scope=scope,
                minutes=minutes,
                requested_at=now,
                **fields,
            )
            _record("support.requested", grant, by=audit.Actor("platform", by.pk), scope=scope, minutes=minutes)
            if waits:
                support_mail.owe(grant)
    except IntegrityError as error:
        raise AskedAtOnce(tenant.subdomain) from error
    return grant


@transaction.atomic
def approve(*, grant_id: UUID, by: User) -> None:
    """A person of the tenant agrees; the time runs from now on.

    :raises GrantClosed: if it does not wait for this (any more).
    """
    by.require(Permission.ALLOW_SUPPORT)
    grant, now = _of_tenant(grant_id), clock.now()
    times = {"starts_at": now, "ends_at": now + timedelta(minutes=grant.minutes)}
    young = Q(requested_at__gt=now - APPROVABLE)
    _move(grant, Status.OPEN, source=Status.REQUESTED, where=young, decided_by=by.pk, **times)
    _record("support.approved", grant, by=audit.Actor("user", by.pk))


@transaction.atomic
def refuse(*, grant_id: UUID, by: User) -> None:
    """:raises GrantClosed: if it does not wait for approval."""
    by.require(Permission.ALLOW_SUPPORT)
    _close(_of_tenant(grant_id), Status.REFUSED, by=audit.Actor("user", by.pk), decided_by=by.pk)


@transaction.atomic
def revoke(*, grant_id: UUID, by: User) -> None:
    """A person of the tenant ends it: whoever is in is out at the next click.

    :raises GrantClosed: if it is not open.
    """
    by.require(Permission.ALLOW_SUPPORT)
    _close(_of_tenant(grant_id), Status.REVOKED, by=audit.Actor("user", by.pk), decided_by=by.pk)


@transaction.atomic
def end(*, grant_id: UUID, by: audit.Actor) -> None:
    """The platform's staff needs it no more. Twice is once."""
    grant = SupportGrant.objects.get(pk=grant_id)
    if grant.status in SupportGrant.LIVE:
        _close(grant, Status.ENDED, by=by)


def end_all_of(staff_id: UUID) -> None:
    """Somebody was disabled (called inside that transaction): grants are of the platform's staff, in public."""
    if not isinstance(tenancy.in_use(), tenancy.Platform):
        return
    for grant in SupportGrant.objects.filter(staff_id=staff_id, status__in=SupportGrant.LIVE):
        _close(grant, Status.ENDED, by=audit.actor.get())


@transaction.atomic
def choose_approval(*, needed: bool, by: User) -> None:
    """Whether looking needs an approval too (changing always does)."""
    by.require(Permission.ALLOW_SUPPORT)
    tenant = Tenant.objects.get(pk=tenancy.tenant_id())
    if Tenant.objects.filter(pk=tenant.pk).exclude(support_needs_approval=needed).update(support_needs_approval=needed):
        audit.record("support.approval_chosen", tenant, needed=needed)
        transaction.on_commit(tenancy.forget)


@transaction.atomic
def make_link(*, grant_id: UUID, by: User) -> str:
    """The address that lets `by` in, once, within LINK_SECONDS; an older link of the grant is void.

    :raises GrantClosed: unless `by` is whose grant this is, and it is open.
    """
    grant = SupportGrant.objects.select_related("tenant").get(pk=grant_id)
    token = signing.dumps(secrets.token_urlsafe(32), salt=_salt(grant.tenant.schema_name))
    usable = SupportGrant.objects.filter(pk=grant.pk, staff_id=by.pk, status=Status.OPEN, ends_at__gt=Now())
    expiry = clock.now() + timedelta(seconds=LINK_SECONDS)
    if not usable.update(link_hash=_hash(token), link_expires_at=expiry):
        raise GrantClosed(str(grant.pk))
    _record("support.link_made", grant, by=audit.Actor("platform", by.pk))
    path = reverse("support_enter", args=[token], urlconf=settings.ROOT_URLCONF)
    return f"{settings.PUBLIC_SCHEME}://{host_of(grant.tenant.subdomain)}{settings.PUBLIC_PORT}{path}"


def look_at(*, token: str) -> SupportGrant:
    """The grant that this link of the current tenant would open; nothing changes.

    :raises LinkNotValid: otherwise.
    """
    grant = _linked(token).first()
    if grant is None:
        raise LinkNotValid
    return grant


@transaction.atomic
def enter(*, token: str) -> SupportGrant:
    """Use up the link, and owe the owners a mail that says so.

    :raises LinkNotValid: if it is not good (any more); of two at once one wins.
    """
    grant = look_at(token=token)
    if not is_staff(grant.staff_id):
        raise LinkNotValid
    if _linked(token).update(link_hash="", link_expires_at=None, entered_at=Now()) != 1:
        raise LinkNotValid
    _record("support.entered", grant, by=audit.Actor("support", grant.staff_id), scope=grant.scope)
    support_mail.owe(grant)
    return grant


def in_force(grant_id: UUID) -> SupportGrant | None:
    """The grant of a session of the current tenant; None once it is over, or its holder left the platform's staff."""
    grant = SupportGrant.objects.filter(
        pk=grant_id, tenant_id=tenancy.tenant_id(), status=Status.OPEN, ends_at__gt=Now(), entered_at__isnull=False
    ).first()
    return grant if grant is not None and is_staff(grant.staff_id) else None


def is_staff(staff_id: UUID) -> bool:
    """Whether this person may still act for the platform."""
    with tenancy.enter_platform():
        return User.objects.filter(pk=staff_id, is_active=True, is_staff=True).exists()


def _linked(token: str) -> QuerySet[SupportGrant]:
    try:
        signing.loads(token, salt=_salt(tenancy.schema()), max_age=LINK_SECONDS)
    except signing.BadSignature:
        return SupportGrant.objects.none()
    return SupportGrant.objects.filter(
        tenant_id=tenancy.tenant_id(),
        link_hash=_hash(token),
        link_expires_at__gt=Now(),
        status=Status.OPEN,
        ends_at__gt=Now(),
    )


def _of_tenant(grant_id: UUID) -> SupportGrant:
    """:raises SupportGrant.DoesNotExist: for another tenant's too."""
    return SupportGrant.objects.select_related("tenant").get(pk=grant_id, tenant_id=tenancy.tenant_id())


def _close(grant: SupportGrant, to: str, *, by: audit.Actor, **changes: Any) -> None:
    _move(grant, to, source="", closed_at=clock.now(), link_hash="", **changes)
    _record(f"support.{to}", grant, by=by)


def _move(grant: SupportGrant, to: str, *, source: str, where: Q | None = None, **changes: Any) -> None:
    try:
        state.move(grant, to, source=source, where=where, **changes)
    except TransitionNotAllowed as error:
        raise GrantClosed(str(grant.pk)) from error


def _record(action: str, grant: SupportGrant, *, by: audit.Actor, **detail: Any) -> None:
    record_in_both(action, grant, tenant=grant.tenant, by=by, **detail)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _salt(schema: str) -> str:
    return f"support:{schema}"
