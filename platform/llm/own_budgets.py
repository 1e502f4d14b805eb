"""Budgets that a tenant sets for itself. They only ever narrow: what the platform allows counts beside them."""

import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from core import audit, due, tenancy
from llm.models import OwnBudget, OwnBudgetNotice
from llm.policy import PLATFORM

CACHE_SECONDS = 5.0
MOST_REMEMBERED = 10_000
LOOK = "llm.own_budget"  # due: what was spent of one is looked up in the ledger
TELL = "llm.own_budget_notice"  # due: the tenant's people are told; an app above registers who does it

_cache: dict[str, tuple[float, tuple[OwnBudget, ...]]] = {}
_lock = threading.Lock()


class ChangedMeanwhile(Exception):
    """Somebody set, changed or removed this budget since it was shown; nothing was written."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a budget allows: dollars, whether it stops calls or only warns, and from how many percent it warns."""

    limit_usd: Decimal
    is_hard: bool
    warn_percent: int

    def told(self) -> dict[str, str | int | bool]:
        """For the audit trail."""
        return {"limit_usd": f"{self.limit_usd:.2f}", "is_hard": self.is_hard, "warn_percent": self.warn_percent}


def of(schema: str) -> tuple[OwnBudget, ...]:
    """The tenant's budgets, as they were at most 5 s ago."""
    if schema == PLATFORM:
        return ()
    now = time.monotonic()
    found = _cache.get(schema)
    if found is None or found[0] < now:
        with tenancy.enter_platform():
            found = (now + CACHE_SECONDS, tuple(OwnBudget.objects.filter(tenant=schema)))
        with _lock:
            if len(_cache) > MOST_REMEMBERED:
                _cache.clear()
            _cache[schema] = found
    return found[1]


def rows(schema: str) -> QuerySet[OwnBudget]:
    """The tenant's budgets as they are now, for what it takes along."""
    return OwnBudget.objects.filter(tenant=schema)


def over(schema: str, group_id: UUID | None) -> tuple[OwnBudget, ...]:
    """Those that a call for this tenant and group falls under."""
    return tuple(row for row in of(schema) if row.group_id in (None, group_id))


def remembered(schema: str, group_id: UUID | None) -> tuple[OwnBudget, ...]:
    """As `over`, and however old: for who must not wait for the database, after `over` was asked."""
    _, rows = _cache.get(schema, (0.0, ()))
    return tuple(row for row in rows if row.group_id in (None, group_id))


def put(*, period: str, group_id: UUID | None, terms: Terms, seen: int) -> OwnBudget:
    """Set the current tenant's budget of this period, or of this group; its trail says from what to what.

    :param seen: the revision that was shown, 0 where there was none.
    :raises ChangedMeanwhile: if another one is there now.
    """
    schema = tenancy.schema()
    with transaction.atomic():
        before = _locked(schema, period, group_id, seen)
        if before:
            row = _changed(before, terms)
            audit.record("budget.changed", row, **_where(row), **_from(before), to=terms.told())
        else:
            row = _made(schema, period, group_id, terms)
            audit.record("budget.set", row, **_where(row), to=terms.told())
        transaction.on_commit(lambda: forget(schema))
    return row


def remove(*, period: str, group_id: UUID | None, seen: int) -> None:
    """Remove the current tenant's budget: nothing of its own limits these calls any more.

    :raises ChangedMeanwhile: if it is not the one that was shown.
    """
    schema = tenancy.schema()
    with transaction.atomic():
        row = _locked(schema, period, group_id, seen)
        if row is None:
            raise ChangedMeanwhile
        audit.record("budget.removed", row, **_where(row), **_from(row))
        due.settle(LOOK, row.pk)
        for notice_id in row.notices.values_list("pk", flat=True):
            due.settle(TELL, notice_id)
        row.delete()
        transaction.on_commit(lambda: forget(schema))


def forget(schema: str) -> None:
    """Drop what is remembered of it: a budget changed."""
    with _lock:
        _cache.pop(schema, None)


def forget_tenant(schema: str) -> None:
    """The tenant was closed."""
    OwnBudgetNotice.objects.filter(budget__tenant=schema).delete()
    OwnBudget.objects.filter(tenant=schema).delete()
    forget(schema)


def _locked(schema: str, period: str, group_id: UUID | None, seen: int) -> OwnBudget | None:
    """:raises ChangedMeanwhile: if it is not as it was seen."""
    rows = OwnBudget.objects.select_for_update().filter(tenant=schema, period=period, group_id=group_id)
    row = rows.first()
    if (row.revision if row else 0) != seen:
        raise ChangedMeanwhile
    return row


def _made(schema: str, period: str, group_id: UUID | None, terms: Terms) -> OwnBudget:
    row = OwnBudget(tenant=schema, period=period, group_id=group_id)
    row.limit_usd, row.is_hard, row.warn_percent = terms.limit_usd, terms.is_hard, terms.warn_percent
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "own_budget_a_" not in str(error):
            raise
        raise ChangedMeanwhile from error  # somebody set it in the same moment
    return row


def _changed(row: OwnBudget, terms: Terms) -> OwnBudget:
    told = {"limit_usd": terms.limit_usd, "is_hard": terms.is_hard, "warn_percent": terms.warn_percent}
    OwnBudget.objects.filter(pk=row.pk).update(revision=F("revision") + 1, **told)
    return OwnBudget.objects.get(pk=row.pk)


def _from(row: OwnBudget) -> dict[str, Any]:
    return {"from": Terms(row.limit_usd, row.is_hard, row.warn_percent).told()}


def _where(row: OwnBudget) -> dict[str, Any]:
    return {"period": row.period} | ({"group": str(row.group_id)} if row.group_id else {})
