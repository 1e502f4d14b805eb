"""What calls cost, by whatever they can be told apart by."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour

from llm import usage
from llm.models import LlmCall, UsageHour

By = Literal["query", "hour", "day", "feature", "tenant", "interview", "provider", "account", "model", "source"]
Sums: TypeAlias = "QuerySet[Any, Any]"  # dictionaries: the key, and a sum for each of SUMS

SUMS = (
    *("requests", "calls", "failures", "tokens_in", "tokens_cached", "tokens_out"),
    *("cost_usd", "saved_usd", "latency_ms"),
)
_IN_THE_LEDGER_ALONE = {"query": "request_id", "interview": "interview_id"}
_FIRST, _FAILED = Q(attempt=1), ~Q(error_kind="")


@dataclass(slots=True)
class Cost:
    """Sums over the settled calls of one `key` (a UUID, a datetime or a name); money in US dollars.

    `requests` are answers that somebody asked for, `calls` the attempts at them, `failures` those that gave none.
    """

    key: Any
    requests: int = 0
    calls: int = 0
    failures: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    cost_usd: Decimal = Decimal(0)
    saved_usd: Decimal = Decimal(0)
    latency_ms: int = 0

    def add(self, sums: dict[str, Any]) -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + (sums[name] or 0))


def costs(by: By, since: datetime, until: datetime, *, tenant: str | None = None) -> list[Cost]:
    """What the calls of this time came to, by key, in the keys' order; of one tenant if it is named.

    Where hours were added up, the hour counts if it begins in this time: give full hours to be exact. By query
    (a request's id) and by interview only the ledger knows, for as long as it is kept: give a short time.
    """
    if by in _IN_THE_LEDGER_ALONE:
        calls = _of(LlmCall.objects.filter(created_at__gte=since, created_at__lt=until), tenant)
        return _merged(_calls_by(calls.exclude(**{_IN_THE_LEDGER_ALONE[by]: None}), by))
    rolled = usage.rolled_until()
    hours = _of(UsageHour.objects.filter(hour__gte=since, hour__lt=min(until, rolled)), tenant)
    calls = _of(LlmCall.objects.filter(created_at__gte=max(since, rolled), created_at__lt=until), tenant)
    return _merged(_hours_by(hours, by), _calls_by(calls, by))


def _of(rows: QuerySet[Any], tenant: str | None) -> QuerySet[Any]:
    return rows if tenant is None else rows.filter(tenant=tenant)


def _hours_by(rows: QuerySet[UsageHour], by: By) -> Sums:
    key = TruncDay("hour", tzinfo=UTC) if by == "day" else F(by)
    return rows.values(key=key).annotate(**{f"sum_{name}": Sum(name) for name in SUMS}).order_by("key")


def _calls_by(rows: QuerySet[LlmCall], by: By) -> Sums:
    keys = {"day": TruncDay("created_at", tzinfo=UTC), "hour": TruncHour("created_at", tzinfo=UTC)}
    counts = {
        "sum_requests": Count("id", filter=_FIRST),
        "sum_calls": Count("id"),
        "sum_failures": Count("id", filter=_FAILED),
    }
    sums = {f"sum_{name}": Sum(name) for name in SUMS if f"sum_{name}" not in counts}
    settled = rows.filter(settled_at__isnull=False).values(key=keys.get(by, F(_IN_THE_LEDGER_ALONE.get(by, by))))
    return settled.annotate(**counts, **sums).order_by("key")


def _merged(*parts: Sums) -> list[Cost]:
    found: dict[Any, Cost] = {}
    for part in parts:
        for row in part:
            found.setdefault(row["key"], Cost(row["key"])).add({name: row[f"sum_{name}"] for name in SUMS})
    return sorted(found.values(), key=lambda cost: cost.key)
