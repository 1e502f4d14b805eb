"""Keys of a tenant's own, for accounts of the registry: sealed under the tenant's key, never shown again."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, entitlements, tenancy
from llm import registry
from llm.models import Account, OwnKey
from llm.policy import TenantPolicy
from llm.targets import Target

CACHE_SECONDS = 5.0
MOST_REMEMBERED = 10_000

Entitled = Callable[[Collection[str]], Set[str]]

_entitled: list[Entitled] = []
_cache: dict[str, tuple[float, Mapping[str, str]]] = {}
_lock = threading.Lock()


class UnknownAccount(LookupError):
    """No account has this label."""


def connect(entitled: Entitled) -> None:
    """`entitled` says which of these schemas may have keys of their own: what policies say, for the admin's pages."""
    _entitled[:] = [entitled]


def why_unused(rows: Iterable[OwnKey]) -> dict[UUID, str]:
    """Of those that are not used now: row -> why. One query for all of them, if their accounts are there."""
    rows = list(rows)
    may = _entitled[0]({row.tenant for row in rows})
    found = {row.pk: registry.why_unfit(row.account) for row in rows}
    found |= {row.pk: _("The tenant's plan includes no keys of its own.") for row in rows if row.tenant not in may}
    return {key: reason for key, reason in found.items() if reason}


def give(*, tenant_schema: str, account_label: str, key: str) -> OwnKey:
    """Store the tenant's key for this account, in the place of an earlier one.

    :raises UnknownAccount, core.tenancy.UnknownTenant, core.entitlements.NotInPlan: and nothing is stored.
    """
    account = _account(account_label)
    with tenancy.enter(tenant_schema), transaction.atomic():
        entitlements.require(entitlements.Feature.OWN_KEYS)
        OwnKey.objects.filter(tenant=tenant_schema, account=account).delete()
        row = OwnKey(tenant=tenant_schema, account=account)
        row.key = key.strip()
        row.save()
        audit.record("llm.own_key_given", row, account=account_label)
        transaction.on_commit(lambda: forget(tenant_schema))
    return row


def remove(*, tenant_schema: str, account_label: str) -> bool:
    """Delete the tenant's key for this account; False where there was none."""
    with tenancy.enter(tenant_schema), transaction.atomic():
        row = OwnKey.objects.filter(tenant=tenant_schema, account__label=account_label).first()
        if row is None:
            return False
        audit.record("llm.own_key_removed", row, account=account_label)
        row.delete()
        transaction.on_commit(lambda: forget(tenant_schema))
    return True


def of(schema: str) -> Mapping[str, str]:
    """Account label -> the tenant's own key, remembered for seconds.

    :raises core.tenancy.UnknownTenant: if no tenant has this schema.
    """
    now = time.monotonic()
    found = _cache.get(schema)
    if found is None or found[0] < now:
        with tenancy.enter(schema):
            rows: Any = OwnKey.objects.filter(tenant=schema).select_related("account")
            found = (now + CACHE_SECONDS, {row.account.label: row.key for row in rows})
        with _lock:
            if len(_cache) > MOST_REMEMBERED:
                _cache.clear()
            _cache[schema] = found
    return found[1]


def over(targets: tuple[Target, ...], policy: TenantPolicy) -> tuple[Target, ...]:
    """The platform's targets; where the policy says so, the tenant's own keys win, also where the platform has none."""
    own = of(policy.schema) if policy.own_keys else {}
    if not own:
        return targets
    known = {target.account for target in targets}  # one of them may have lost its key since
    more = (target for target in registry.keyless() if target.account in own and target.account not in known)
    return tuple(
        target.with_own_key(policy.schema, own[target.account]) if target.account in own else target
        for target in (*targets, *more)
    )


def forget(schema: str) -> None:
    """Drop what is remembered of this tenant."""
    with _lock:
        _cache.pop(schema, None)


def forget_tenant(schema: str) -> None:
    """The tenant was closed: its keys go."""
    OwnKey.objects.filter(tenant=schema).delete()
    forget(schema)


def _account(label: str) -> Account:
    try:
        return Account.objects.get(label=label)
    except Account.DoesNotExist:
        raise UnknownAccount(label) from None
