"""Who notices that a tenant's own budget is used up: whoever settled or was refused a call under it, without waiting.

What a call settled is looked up in the ledger a while later (a due row, one for all calls of that time), and only where
Redis counts at least as much as the budget warns from. A refused call says itself that there is no more.
"""

import threading
import time
from collections.abc import Collection
from datetime import UTC, timedelta
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db import transaction
from redis import RedisError

from core import clock, due, tenancy
from core.models import Due
from core.redis import client
from llm import budgets, metrics, own_budgets, writer
from llm.models import LlmCall, OwnBudget, OwnBudgetNotice
from llm.own_budgets import LOOK, TELL

LOOK_AFTER = timedelta(seconds=20)  # until then the ledger has the row, and the calls that settled meanwhile
QUIET_SECONDS = 60.0  # in which a process says of one budget once that it refuses

Level = OwnBudgetNotice.Level

_said: dict[UUID, float] = {}
_lock = threading.Lock()


def settled(call: LlmCall) -> None:
    """A call was settled: what falls under a budget near its end is looked up soon. Nobody waits for this."""
    watch(call.tenant, own_budgets.remembered(call.tenant, call.group_id))


def watch(schema: str, rows: tuple[OwnBudget, ...]) -> None:
    """Something was spent under these."""
    if rows:
        writer.later(partial(_owe_looks, schema, rows))


def refused(reasons: Collection[str]) -> None:
    """A call was not made, for these reasons of refusal (budgets.OWN and an id)."""
    for own_id in (UUID(hex=reason.removeprefix(budgets.OWN)) for reason in reasons):
        if _is_news(own_id):
            writer.later(partial(_note_used_up, own_id))


def look(*, budget_id: UUID) -> None:
    """Ask the ledger how much of the budget is spent, and note the level that it came to."""
    with transaction.atomic():
        row = OwnBudget.objects.select_for_update().filter(pk=budget_id, tenant=tenancy.schema()).first()
        if row is not None:
            spent = _spent(row)
            if spent >= row.limit_usd:
                _note(row, Level.USED_UP, spent)
            elif spent * 100 >= row.limit_usd * row.warn_percent:
                _note(row, Level.WARNED, spent)
        due.settle(LOOK, budget_id)


def reached(schema: str) -> dict[UUID, OwnBudgetNotice]:
    """By budget, the highest level that it came to in its present period and with its present limit."""
    rows = {row.pk: row for row in own_budgets.of(schema)}
    found: dict[UUID, OwnBudgetNotice] = {}
    now = clock.now().astimezone(UTC)
    for notice in OwnBudgetNotice.objects.filter(budget__in=rows).order_by("-level", "pk"):  # warned, then used_up
        row = rows[notice.budget_id]
        if (notice.since, notice.limit_usd) == (budgets.own_ceiling(row, now).since, row.limit_usd):
            found[row.pk] = notice
    return found


def forget() -> None:
    """Say everything anew."""
    with _lock:
        _said.clear()


def _owe_looks(schema: str, rows: tuple[OwnBudget, ...]) -> None:
    """In the pen, after the row of the call."""
    near = _near(rows)
    owed = Due.objects.filter(tenant=schema, kind=LOOK, object_id__in=near) if near else Due.objects.none()
    fresh = set(near) - set(owed.values_list("object_id", flat=True))
    if fresh:
        with tenancy.enter(schema):
            for budget_id in fresh:
                due.owe(LOOK, budget_id, after=LOOK_AFTER)


def _near(rows: tuple[OwnBudget, ...]) -> list[UUID]:
    """Those of which as much is spent or set aside as they warn from; unknown counts too."""
    now = clock.now().astimezone(UTC)
    ceilings = [budgets.own_ceiling(row, now) for row in rows]
    try:
        counts = client().mget([ceiling.key for ceiling in ceilings])
    except RedisError:
        return [row.pk for row in rows]
    return [
        row.pk
        for row, ceiling, count in zip(rows, ceilings, counts, strict=True)
        if count is None or int(count) >= ceiling.warn_nano
    ]


def _note_used_up(own_id: UUID) -> None:
    with transaction.atomic():
        row = OwnBudget.objects.select_for_update().filter(pk=own_id, is_hard=True).first()
        if row is not None:
            with tenancy.enter(row.tenant):
                _note(row, Level.USED_UP, _spent(row))


def _note(row: OwnBudget, level: OwnBudgetNotice.Level, spent: Decimal) -> None:
    """In the tenant, holding the row: once a period, limit and level; nobody is warned of what is used up already."""
    now = clock.now().astimezone(UTC)
    since = budgets.own_ceiling(row, now).since
    same = OwnBudgetNotice.objects.filter(budget=row, since=since, limit_usd=row.limit_usd)
    if same.filter(level__in={level, Level.USED_UP}).exists():
        return
    notice = OwnBudgetNotice(
        budget=row, since=since, level=level, limit_usd=row.limit_usd, spent_usd=spent, noticed_at=now
    )
    OwnBudgetNotice.objects.bulk_create([notice], ignore_conflicts=True)
    if OwnBudgetNotice.objects.filter(pk=notice.pk).exists():
        due.owe(TELL, notice.pk, after=timedelta(0))
        transaction.on_commit(metrics.own_budget_notices.labels(level).inc, robust=True)


def _spent(row: OwnBudget) -> Decimal:
    return Decimal(budgets.spent_nano(budgets.own_ceiling(row, clock.now().astimezone(UTC)))) / budgets.NANO


def _is_news(own_id: UUID) -> bool:
    now = time.monotonic()
    with _lock:
        if _said.get(own_id, 0.0) > now:
            return False
        _said[own_id] = now + QUIET_SECONDS
        return True
