"""What a call may cost: the budgets that it falls under, and what was spent of each."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from core import clock, tenancy
from core.redis import platform_key
from llm import usage
from llm.models import Budget, LlmCall, UsageHour
from llm.policy import TenantPolicy

SNAPSHOT_SECONDS = 5.0
NANO = 10**9  # integers in Redis; Decimal dollars in rows
LATER = 3600  # seconds for which a counter outlives its period: calls of its last minutes are still settled
OWN_WARN_PERCENT = 80  # of a budget that came with the tenant's policy
OWN = "own"

_lock = threading.Lock()
_snapshot: tuple[float, tuple[Budget, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """One budget in its current period. Money is in nano-dollars; a `limit_nano` of None stops nothing.

    :param key: where Redis counts it; it names the period.
    :param expires_in: seconds for which that counter is of use.
    :param since: when the period began; `tenant` and `feature` "" = all of them together.
    """

    key: str
    limit_nano: int | None
    warn_nano: int
    expires_in: int
    name: str
    since: datetime
    tenant: str = ""
    feature: str = ""


def applying(policy: TenantPolicy, feature: str) -> tuple[Ceiling, ...]:
    """Every budget that a call for this tenant and feature falls under, now."""
    now = clock.now().astimezone(UTC)
    rows = [row for row in enabled() if row.tenant in ("", policy.schema) and row.feature in ("", feature)]
    ceilings = [ceiling(row, now) for row in rows]
    if policy.budget_usd is not None:
        ceilings.append(_own(policy.schema, policy.budget_usd, now))
    return tuple(ceilings)


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


def spent_nano(of: Ceiling) -> int:
    """What the ledger holds of its period: settled calls, in sums where the hours were added up."""
    scope = {name: value for name, value in {"tenant": of.tenant, "feature": of.feature}.items() if value}
    rolled = usage.rolled_until()
    hours = UsageHour.objects.filter(hour__gte=of.since, hour__lt=rolled, **scope)
    calls = LlmCall.objects.filter(created_at__gte=max(of.since, rolled), settled_at__isnull=False, **scope)
    sums = [rows.aggregate(usd=Sum("cost_usd"))["usd"] or Decimal(0) for rows in (hours, calls)]
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


def _own(schema: str, limit_usd: Decimal, now: datetime) -> Ceiling:
    """Counted apart from a budget row of the same tenant and day: a key is charged once a call."""
    since, until = _period(Budget.Period.DAY, now)
    limit = _nano(limit_usd)
    return Ceiling(
        key=_key(schema, "", f"{OWN}-{Budget.Period.DAY}", since),
        limit_nano=limit,
        warn_nano=limit * OWN_WARN_PERCENT // 100,
        expires_in=_lasts(until, now),
        name=f"{schema} everything a day, by its own setting",
        since=since,
        tenant=schema,
    )


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
