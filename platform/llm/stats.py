"""How many requests needed no call to a model, and what that saved."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from django.db.models import Count, Q, QuerySet, Sum

from core import replica
from llm import usage
from llm.models import LlmCall, UsageDay, UsageHour

Source = LlmCall.Source
CALLED = (Source.PROVIDER, Source.BATCH)
DAY, SHORTEST = timedelta(days=1), timedelta(microseconds=1)
KEPT_SECONDS = 60.0
MOST_KEPT = 1000
Sums: TypeAlias = tuple[tuple[str, int, Decimal], ...]

_lock = threading.Lock()
_kept: dict[tuple[datetime, datetime, str | None], tuple[float, Sums]] = {}
MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class OptimizationStats:
    """Requests are answers that somebody asked for and that have ended; retries and fallbacks are none of their own.

    total_requests = cache_hits + template_hits + deduplicated + api_calls.
    cache_hits were answered from the exact cache, template_hits by a prepared text, deduplicated by an identical
    call that was under way; api_calls went to a provider, whether it answered or failed: live, or before in a batch
    whose answer was collected.
    The rates are parts of total_requests, 0 to 1 (0 without requests). total_savings is how many requests needed
    no call of their own, savings_usd what these calls would have cost.
    """

    total_requests: int
    cache_hits: int
    template_hits: int
    deduplicated: int
    api_calls: int
    cache_hit_rate: float
    template_hit_rate: float
    api_call_rate: float
    total_savings: int
    savings_usd: Decimal


NAMES = tuple(field.name for field in fields(OptimizationStats))


def optimization_stats(since: datetime, until: datetime, tenant: str | None = None) -> OptimizationStats:
    """Of full UTC hours since `since` (as llm.costs.costs counts them); of all tenants unless one is named.

    Read from the copy of the database where there is one: nothing is decided by it, and its newest calls may come late.
    """
    alias = replica.may_lag()  # for all of it: how far the sums go must be said by where they are
    rolled = usage.rolled_until(using=alias)
    scope = {} if tenant is None else {"tenant": tenant}
    calls = LlmCall.objects.using(alias).filter(created_at__gte=max(since, rolled), created_at__lt=until, **scope)
    ended = calls.filter(settled_at__isnull=False).values_list("source")
    requests: dict[str, int] = defaultdict(int)
    saved = Decimal(0)
    for source, count, usd in (
        *_of_hours(since, min(until, rolled), tenant, alias),
        *ended.annotate(asked=Count("id", filter=Q(attempt=1)), saved=Sum("saved_usd")),
    ):
        requests[source] += count
        saved += usd
    return _of(requests, saved)


def forget() -> None:
    """Drop what is remembered."""
    with _lock:
        _kept.clear()


def _of_hours(since: datetime, until: datetime, tenant: str | None, alias: str) -> Sums:
    """Requests and dollars saved by source, some sources more than once; remembered for a minute.

    Only what is settled late changes them, and is seen a minute later.
    """
    key, now = (since, until, tenant), time.monotonic()
    with _lock:
        kept = _kept.get(key)
    if kept is not None and now < kept[0]:
        return kept[1]
    found = _read(since, until, {} if tenant is None else {"tenant": tenant}, alias)
    with _lock:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (now + KEPT_SECONDS, found)
    return found


def _read(since: datetime, until: datetime, scope: dict[str, str], alias: str) -> Sums:
    """Whole UTC days by their own sums, and by the hour what is before and after them."""
    by_hour = UsageHour.objects.using(alias).filter(**scope)
    first, last = usage.day_of(since + DAY - SHORTEST), usage.day_of(until)
    if first >= last:
        return _summed(by_hour.filter(hour__gte=since, hour__lt=until))
    days = UsageDay.objects.using(alias).filter(day__gte=first.date(), day__lt=last.date(), **scope)
    before, after = Q(hour__gte=since, hour__lt=first), Q(hour__gte=last, hour__lt=until)
    return _summed(days) + _summed(by_hour.filter(before | after))


def _summed(rows: "QuerySet[UsageDay] | QuerySet[UsageHour]") -> Sums:
    return tuple(rows.values_list("source").annotate(asked=Sum("requests"), saved=Sum("saved_usd")))


def _of(requests: Mapping[str, int], saved_usd: Decimal) -> OptimizationStats:
    cached, shared, templates = (requests[source] for source in (Source.CACHE, Source.SHARED, Source.TEMPLATE))
    called = sum(requests[source] for source in (*CALLED, Source.COLLECTED))
    total = cached + shared + templates + called
    return OptimizationStats(
        total_requests=total,
        cache_hits=cached,
        template_hits=templates,
        deduplicated=shared,
        api_calls=called,
        cache_hit_rate=_rate(cached, total),
        template_hit_rate=_rate(templates, total),
        api_call_rate=_rate(called, total),
        total_savings=cached + shared + templates,
        savings_usd=saved_usd.quantize(MILLIONTH),
    )


def _rate(part: int, total: int) -> float:
    return round(part / total, 4) if total else 0.0
