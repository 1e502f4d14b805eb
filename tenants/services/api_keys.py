"""Keys of a tenant's programs: made, shown once, changed, revoked, and let in.

Whoever makes keys works in the tenant's schema; `admit` is asked before any schema is entered.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.programs import PERMISSION_OF, Scope
from accounts.roles import Permission
from core import audit, clock, ratelimit, tenancy
from tenants.models import ApiKey, Tenant
from tenants.services import held_secrets
from tenants.services.held_secrets import LONGEST_OVERLAP

KIND = "cnd"
MOST = 50
LONGEST_NAME = 80
LONGEST_LIFE = timedelta(days=365)
GUESSES = "30/minute"
_limits: list[Callable[[], int]] = []


class CannotMake(ValueError):
    """The key is not possible as it was asked for; the message says what to change."""


class NoSuchKey(LookupError):
    """The tenant has no such key that still works."""


class Refused(Exception):
    """The key is unknown, expired, revoked or another tenant's; the caller is not told which."""


def limit_by(calls_a_minute: Callable[[], int]) -> None:
    """Say how many calls a minute the current tenant's plan includes (called in AppConfig.ready)."""
    _limits[:] = [calls_a_minute]


@transaction.atomic
def create(*, name: str, scopes: Collection[str], life: timedelta, by: User) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown once.

    :raises CannotMake: if the name, the scopes or the life do not fit.
    :raises accounts.roles.NotPermitted: if the role may not make keys.
    """
    by.require(Permission.MANAGE_API_KEYS)
    tenant = tenancy.current()
    name = _clean(name, scopes, life, by)
    Tenant.objects.select_for_update().get(pk=tenant.pk)  # of two at once, one counts the other's
    if ApiKey.objects.filter(tenant_id=tenant.pk, revoked_at=None, expires_at__gt=Now()).count() >= MOST:
        raise CannotMake(_("There are %(most)d keys already. Revoke one that nobody uses.") % {"most": MOST})
    made = held_secrets.make(KIND, tenant.subdomain)
    key = ApiKey.objects.create(
        tenant_id=tenant.pk,
        name=name,
        scopes=sorted(set(scopes)),
        made_by=by.pk,
        expires_at=clock.now() + life,
        prefix=made.prefix,
        hashed=made.hashed,
    )
    audit.record("api_key.created", key, scopes=key.scopes, expires_at=key.expires_at.isoformat())
    return key, made.text


def _clean(name: str, scopes: Collection[str], life: timedelta, by: User) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise CannotMake(_("Write a name of at most 80 characters."))
    if not scopes or not set(scopes) <= set(Scope.values):
        raise CannotMake(_("Choose what the key is for."))
    if not all(by.may(PERMISSION_OF[scope]) for scope in scopes):
        raise CannotMake(_("A key can't do what you may not do yourself."))
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise CannotMake(_("A key works for at most a year."))
    return name


@transaction.atomic
def rotate(*, key_id: UUID, overlap: timedelta, by: User) -> tuple[ApiKey, str]:
    """Give the key another secret; the one before works for `overlap` longer. Rotating again ends that one at once.

    :raises CannotMake: if the overlap is longer than a week.
    :raises NoSuchKey: if there is no such key, or it is revoked or expired.
    """
    by.require(Permission.MANAGE_API_KEYS)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise CannotMake(_("The old secret can work for at most seven days longer."))
    key = _working(key_id)
    made = held_secrets.make(KIND, tenancy.current().subdomain, key.prefix)
    key.previous_hashed = key.hashed if overlap else ""
    key.previous_until = clock.now() + overlap if overlap else None
    key.hashed = made.hashed
    key.save(update_fields=["hashed", "previous_hashed", "previous_until"])
    audit.record("api_key.rotated", key, overlap_seconds=int(overlap.total_seconds()))
    return key, made.text


@transaction.atomic
def revoke(*, key_id: UUID, by: User) -> None:
    """End the key at once; twice is once.

    :raises NoSuchKey: if this tenant never had such a key.
    """
    by.require(Permission.MANAGE_API_KEYS)
    key = ApiKey.objects.filter(tenant_id=tenancy.tenant_id(), pk=key_id).first()
    if key is None:
        raise NoSuchKey(str(key_id))
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now()):
        audit.record("api_key.revoked", key)


def revoke_of(user_id: UUID) -> None:
    """End every key that this person made: they were disabled."""
    if isinstance(tenancy.in_use(), tenancy.Platform):
        return  # the platform's staff makes none
    keys = ApiKey.objects.filter(tenant_id=tenancy.tenant_id(), made_by=user_id, revoked_at=None)
    for key in keys.select_for_update():
        ApiKey.objects.filter(pk=key.pk).update(revoked_at=Now())
        audit.record("api_key.revoked", key)


def _working(key_id: UUID) -> ApiKey:
    found = ApiKey.objects.select_for_update().filter(
        tenant_id=tenancy.tenant_id(), pk=key_id, revoked_at=None, expires_at__gt=Now()
    )
    key = found.first()
    if key is None:
        raise NoSuchKey(str(key_id))
    return key


def admit(*, text: str, client: str, host_tenant: Tenant | None) -> ApiKey:
    """The working key of this text, with its tenant: the host's own, where the host is a tenant's.

    `client` is the address that guesses are counted by; asked in the public schema.

    :raises Refused: for whatever reason, the same for all.
    :raises core.ratelimit.TooMany: if too many keys from this address were no good.
    """
    ratelimit.check("api-key-guess", client, GUESSES)
    key, now = _of(text), clock.now()
    good = held_secrets.matches(key, text, now)
    fits = key and key.revoked_at is None and key.expires_at > now and host_tenant in (None, key.tenant)
    if key is None or not (good and fits):
        ratelimit.hit("api-key-guess", client, GUESSES)
        raise Refused
    return key


def _of(text: str) -> ApiKey | None:
    prefix = held_secrets.prefix_of(KIND, text)
    return ApiKey.objects.select_related("tenant").filter(prefix=prefix).first()


def count_call(key: ApiKey) -> None:
    """Count a call against the plan of the key's tenant, whose schema was entered, and note that the key was used.

    :raises core.ratelimit.TooMany: above what the plan includes.
    """
    for calls_a_minute in _limits:
        ratelimit.hit("api-calls", str(key.tenant_id), f"{calls_a_minute()}/minute")
    if held_secrets.touch_is_due(key, clock.now()):
        held_secrets.touch(key)
