"""What a call may cost: the budgets that it falls under, and what was spent of each.

The platform's and the tenant's own are counted apart, and a call must fit into all of them: the lower one decides.
"""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum

from core import clock, tenancy
from core.redis import platform_key
from llm import own_budgets, usage
from llm.models import Budget, LlmCall, OwnBudget, UsageGroup, UsageHour
from llm.policy import TenantPolicy

SNAPSHOT_SECONDS = 5.0
NANO = 10**9  # integers in Redis; Decimal dollars in rows
LATER = 3600  # seconds for which a counter outlives its period: calls of its last minutes are still settled
OWN = "own:"  # begins the reason of a refusal that a tenant's own budget is to blame for; its id follows

_lock = threading.Lock()
_snapshot: tuple[float, tuple[Budget, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """One budget in its current period. Money is in nano-dollars; a `limit_nano` of None stops nothing.

    :param key: where Redis counts it; it names the period.
    :param expires_in: seconds for which that counter is of use.
    :param since: when the period began; `tenant` and `feature` "" = all of them together.
    :param own_id: of the tenant's own budget that this is, which may be for the calls of one group.
    """

    key: str
    limit_nano: int | None
    warn_nano: int
    expires_in: int
    name: str
    since: datetime
    tenant: str = ""
    feature: str = ""
    group_id: UUID | None = None
    own_id: UUID | None = None

    @property
    def reason(self) -> str:
        """What a refusal is called that this one is to blame for."""
        return f"{OWN}{self.own_id.hex}" if self.own_id else "budget"


def applying(policy: TenantPolicy, feature: str) -> tuple[Ceiling, ...]:
    """Every budget that a call for this tenant, its group and this feature falls under, now; the platform's first."""
    now = clock.now().astimezone(UTC)
    rows = [row for row in enabled() if row.tenant in ("", policy.schema) and row.feature in ("", feature)]
    own = own_budgets.over(policy.schema, policy.group_id)
    return (*(ceiling(row, now) for row in rows), *(own_ceiling(row, now) for row in own))


def ceiling(row: Budget, now: datetime) -> Ceiling:
    """The budget's period that `now` (UTC) is in."""
    since, until = _period(row.period, now)
    limit = _nano(row.limit_usd)
    return Ceiling(
        key=_key(row.tenant, row.feature, row.period, since),
        limit_nano=limit if row.is_hard else None,
        warn_nano=limit * row.warn_percent // 100,
        expires_in=_lasts(until, now),
        name=str(row),
        since=since,
        tenant=row.tenant,
        feature=row.feature,
    )


def own_ceiling(row: OwnBudget, now: datetime) -> Ceiling:
    """The period of a tenant's own budget that `now` (UTC) is in; a total has one alone, since ever.

    A total is counted anew from the ledger each month: what allowances held that nobody gave back is free again then.
    """
    begun, until = _period(row.period, now)
    limit = _nano(row.limit_usd)
    return Ceiling(
        key=_key(row.tenant, "", f"{OWN}{row.pk.hex}", begun),
        limit_nano=limit if row.is_hard else None,
        warn_nano=limit * row.warn_percent // 100,
        expires_in=_lasts(until, now),
        name=str(row),
        since=usage.EVER if row.period == OwnBudget.Period.TOTAL else begun,
        tenant=row.tenant,
        group_id=row.group_id,
        own_id=row.pk,
    )


def spent_nano(of: Ceiling) -> int:
    """What the ledger holds of its period: settled calls, in sums where the hours were added up."""
    named = {"tenant": of.tenant, "feature": of.feature, "group_id": of.group_id}
    scope: dict[str, Any] = {name: value for name, value in named.items() if value}
    rolled = usage.rolled_until()
    sums_of: type[UsageHour | UsageGroup] = UsageGroup if of.group_id else UsageHour
    hours = sums_of._default_manager.filter(hour__gte=of.since, hour__lt=rolled, **scope)
    calls = LlmCall.objects.filter(created_at__gte=max(of.since, rolled), settled_at__isnull=False, **scope)
    sums: list[Decimal] = [rows.aggregate(usd=Sum("cost_usd"))["usd"] or Decimal(0) for rows in (hours, calls)]
    return _nano(sum(sums, Decimal(0)))


def enabled() -> tuple[Budget, ...]:
    """All budgets that count, as they were at most 5 s ago."""
    global _snapshot
    with _lock:
        kept = _snapshot
    if kept is None or kept[0] < time.monotonic():
        with tenancy.enter_platform():
            kept = (time.monotonic() + SNAPSHOT_SECONDS, tuple(Budget.objects.filter(is_enabled=True)))
        with _lock:
            _snapshot = kept
    return kept[1]


def forget() -> None:
    """Drop what is remembered: a budget changed."""
    global _snapshot
    with _lock:
        _snapshot = None


def period_of(row: OwnBudget | Budget, now: datetime) -> tuple[datetime, datetime] | None:
    """From when until when the budget's present period lasts, in UTC; None for a total."""
    return None if row.period == OwnBudget.Period.TOTAL else _period(row.period, now)


def _period(period: str, now: datetime) -> tuple[datetime, datetime]:
    """From when until when, in UTC."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == Budget.Period.DAY:
        return day, day + timedelta(days=1)
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def _key(tenant: str, feature: str, period: str, since: datetime) -> str:
    return platform_key("llm", "budget", tenant or "*", feature or "*", period, f"{since:%Y-%m-%d}")


def _lasts(until: datetime, now: datetime) -> int:
    return int((until - now).total_seconds()) + LATER


def _nano(usd: Decimal) -> int:
    return int(usd * NANO)
