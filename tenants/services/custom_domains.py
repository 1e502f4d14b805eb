"""Hosts of a tenant's own: claimed, proven by a TXT record, looked at again each week.

Nothing answers on a claimed host before the proof. Of two tenants that claim one host, the first to prove it has it.
"""

import ipaddress
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import audit, clock, due, entitlements, pool, tenancy
from core.entitlements import Feature
from tenants.models import CustomDomain, Domain, SamlConnection, Tenant
from tenants.services import dns

DUE = "domain_check"
CLAIM_LASTS = timedelta(days=7)
LOOKED_AT_EVERY = timedelta(days=7)
LOOKED_AT_AGAIN = timedelta(days=1)  # while the record is missing
GRACE = timedelta(days=14)
MOST = 10  # hosts of one tenant
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
FEWEST_LABELS = 3  # a CNAME can't stand at the top of a domain, and public suffixes stay out
NOBODYS = frozenset({"localhost", "local", "internal", "test", "invalid", "onion", "arpa"})
FOR_DOCUMENTATION = "example"  # RFC 2606

Resolver = Callable[[str], list[str]]


class BadHost(ValidationError):
    """This can't be a custom domain; the message says what to write."""


class NotProven(Exception):
    """The TXT record is not there, or holds something else."""


class TakenByAnother(Exception):
    """Another company proved this host first."""


class InUse(Exception):
    """The main address can't be removed: choose another one first."""


def clean_host(given: str) -> str:
    """The host in lower case, without a dot at its end; names of other alphabets as they stand in DNS.

    :raises BadHost: if it can't be a custom domain.
    """
    value = given.strip().lower().rstrip(".")
    if "/" in value or ":" in value or "@" in value:
        raise BadHost(_("Write only the host, such as interviews.example.com."))
    if not value.isascii():
        raise BadHost(_("Write the name as DNS has it, with xn-- for other alphabets."))
    labels = value.split(".")
    if len(value) > 253 or not all(LABEL.fullmatch(label) for label in labels) or _is_address(value):
        raise BadHost(_("This is not a host name. Write one such as interviews.example.com."))
    if labels[-1] == FOR_DOCUMENTATION:
        raise BadHost(_("Names under .example are reserved for documentation. Write one below your own domain."))
    ours = value == settings.BASE_DOMAIN or value.endswith(f".{settings.BASE_DOMAIN}")
    if ours or settings.BASE_DOMAIN.endswith(f".{value}") or labels[-1] in NOBODYS or labels[-1].isdigit():
        raise BadHost(_("This name is not yours to use. Write one below your own domain."))
    if len(labels) < FEWEST_LABELS:
        raise BadHost(_("Use a name below your domain, such as interviews.%(domain)s.") % {"domain": value})
    return value


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def record_name(row: CustomDomain) -> str:
    """Where the TXT record belongs."""
    return f"_candor-domain.{row.host}"


@transaction.atomic
def claim(*, host: str) -> CustomDomain:
    """Claim a host for the current tenant; nothing answers there before `check`. Claiming it twice is once.

    :raises BadHost: if it can't be one, or there are too many.
    :raises core.entitlements.NotInPlan: if the plan includes no host of its own.
    """
    entitlements.require(Feature.CUSTOM_DOMAIN)
    tenant, host = tenancy.current(), clean_host(host)
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)  # whoever claims at the same time comes after this
    found = CustomDomain.objects.filter(tenant_id=tenant.pk, host=host).first()
    if found is not None:
        return found
    if CustomDomain.objects.filter(tenant_id=tenant.pk).count() >= MOST:
        raise BadHost(_("There are %(count)s already. Remove one first.") % {"count": MOST})
    row = CustomDomain.objects.create(tenant_id=tenant.pk, host=host, token=f"candor={secrets.token_hex(16)}")
    due.owe(DUE, row.pk, after=CLAIM_LASTS)
    audit.record("domain.claimed", row)
    return row


def check(*, domain_id: UUID, resolve: Resolver = dns.txt_records) -> CustomDomain:
    """Ask DNS, and let the tenant answer on the host once the record is there.

    :raises CustomDomain.DoesNotExist: if it is not the current tenant's.
    :raises NotProven: without the record. :raises tenants.services.dns.NoAnswer: if nobody answered.
    :raises TakenByAnother: if another company proved it first.
    :raises core.entitlements.NotInPlan: if it is not proven yet, and the plan includes no host of its own any more.
    """
    row = _own(domain_id)
    if row.verified_at is None:
        entitlements.require(Feature.CUSTOM_DOMAIN)
    proven = _is_proven(row, resolve)
    CustomDomain.objects.filter(pk=row.pk).update(checked_at=clock.now())
    if not proven:
        raise NotProven(row.host)
    if row.verified_at is None:
        _verify(row)
    elif row.missing_since is not None:
        CustomDomain.objects.filter(pk=row.pk).update(missing_since=None)
    return _own(domain_id)


def _is_proven(row: CustomDomain, resolve: Resolver) -> bool:
    pool.give_back()
    return row.token in resolve(record_name(row))


def _verify(row: CustomDomain) -> None:
    try:
        with transaction.atomic():
            if not CustomDomain.objects.filter(pk=row.pk, verified_at=None).update(verified_at=clock.now()):
                return
            Domain.objects.create(tenant_id=row.tenant_id, domain=row.host, is_primary=False)
            due.owe(DUE, row.pk, after=LOOKED_AT_EVERY)
            audit.record("domain.verified", row)
            transaction.on_commit(tenancy.forget)
    except IntegrityError as error:
        raise TakenByAnother(row.host) from error


@transaction.atomic
def make_primary(*, domain_id: UUID | None) -> None:
    """Let links and mails name this host from now on; None: the host under the platform's domain again.

    :raises CustomDomain.DoesNotExist: if it is not a verified one of the current tenant.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenancy.current().pk)
    row = CustomDomain.objects.get(pk=domain_id, tenant=tenant, verified_at__isnull=False) if domain_id else None
    _set_primary(tenant, row.host if row else "")
    audit.record("domain.made_primary", row or tenant)


def follow_primary(domain: Domain) -> None:
    """Let links and mails name the host that the platform's staff made the primary one."""
    own = f"{domain.tenant.subdomain}.{settings.BASE_DOMAIN}"
    Tenant.objects.filter(pk=domain.tenant_id).update(primary_host="" if domain.domain == own else domain.domain)
    transaction.on_commit(tenancy.forget)


def _set_primary(tenant: Tenant, host: str) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(primary_host=host)
    tenant.primary_host = host
    Domain.objects.filter(tenant=tenant).update(is_primary=False)
    Domain.objects.filter(tenant=tenant, domain=tenant.host).update(is_primary=True)
    transaction.on_commit(tenancy.forget)


@transaction.atomic
def remove(*, domain_id: UUID) -> None:
    """Give the host up: nothing answers there any more.

    :raises CustomDomain.DoesNotExist: if it is not the current tenant's. :raises InUse: if links name it.
    """
    tenant = Tenant.objects.select_for_update().get(pk=tenancy.current().pk)
    row = _own(domain_id)
    if tenant.primary_host == row.host:
        raise InUse(row.host)
    _drop(row)
    audit.record("domain.removed", row)


def _drop(row: CustomDomain) -> None:
    Domain.objects.filter(tenant_id=row.tenant_id, domain=row.host).delete()
    CustomDomain.objects.filter(pk=row.pk).delete()
    due.settle(DUE, row.pk)
    transaction.on_commit(tenancy.forget)


def look_again(*, domain_id: UUID, resolve: Resolver = dns.txt_records) -> None:
    """What the due row asks for: drop a claim that nobody proved; see whether a proven one still has its record.

    A record that is missing warns first. After GRACE the host no longer answers: it may be somebody else's by now.
    """
    row = CustomDomain.objects.filter(pk=domain_id, tenant_id=tenancy.current().pk).first()
    if row is None:
        due.settle(DUE, domain_id)
    elif row.verified_at is None:
        _expire(row)
    else:
        _look_at_proven(row, resolve)


@transaction.atomic
def _expire(row: CustomDomain) -> None:
    _drop(row)
    audit.record("domain.claim_expired", row)


def _look_at_proven(row: CustomDomain, resolve: Resolver) -> None:
    try:
        proven = _is_proven(row, resolve)
    except dns.NoAnswer:
        return  # the row stays due, and its pause grows
    now = clock.now()
    with transaction.atomic():
        if proven:
            CustomDomain.objects.filter(pk=row.pk).update(checked_at=now, missing_since=None)
            due.owe(DUE, row.pk, after=LOOKED_AT_EVERY)
        elif row.missing_since is not None and row.missing_since <= now - GRACE:
            _give_up(row)
        else:
            CustomDomain.objects.filter(pk=row.pk).update(checked_at=now, missing_since=row.missing_since or now)
            due.owe(DUE, row.pk, after=LOOKED_AT_AGAIN)


def _give_up(row: CustomDomain) -> None:
    tenant = Tenant.objects.select_for_update().get(pk=row.tenant_id)
    if tenant.primary_host == row.host:
        _set_primary(tenant, "")
    _drop(row)
    audit.record("domain.lost", row)


def listing() -> list[CustomDomain]:
    """The hosts of the current tenant."""
    return list(CustomDomain.objects.filter(tenant_id=tenancy.current().pk))


def signs_in_by_saml() -> bool:
    """Whether a change of the main address changes what the identity provider must know."""
    return SamlConnection.objects.filter(tenant_id=tenancy.current().pk, enabled=True).exists()


def _own(domain_id: UUID) -> CustomDomain:
    return CustomDomain.objects.get(pk=domain_id, tenant_id=tenancy.current().pk)
