"""Whether the ledger agrees with what was added up of it, and whether anything in it was left open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from llm.models import LlmCall

BATCH_TAKES = timedelta(hours=49)  # llm.lost gives a provider's batch two days
MOST = 1000

KEY = ("hour", "feature", "provider", "account", "model", "source")
FIGURES = (
    *("requests", "calls", "failures", "tokens_in", "tokens_cached", "tokens_out", "cost_usd", "own_key_usd"),
    *("saved_usd", "latency_ms"),
)

# Compared are the hours of which every row is still there (deleting begins with the oldest), that were added up, and
# in which nothing was settled since: those are added up anew (llm.usage).
_HOURS = """
    WITH bounds AS (
        SELECT (SELECT date_trunc('hour', min(created_at), 'UTC') + interval '1 hour' FROM public.llm_call) AS oldest,
               (SELECT max(hour) FROM public.llm_usage_hour) AS newest),
    unsure AS (
        SELECT DISTINCT date_trunc('hour', created_at, 'UTC') AS hour FROM public.llm_call, bounds
         WHERE tenant = %(tenant)s AND settled_at >= newest),
    calls AS (
        SELECT date_trunc('hour', created_at, 'UTC') AS hour, feature, provider, account, model, source,
               count(*) FILTER (WHERE attempt = 1) AS requests, count(*) AS calls,
               count(*) FILTER (WHERE error_kind <> '') AS failures, sum(tokens_in) AS tokens_in,
               sum(tokens_cached) AS tokens_cached, sum(tokens_out) AS tokens_out,
               coalesce(sum(cost_usd), 0) AS cost_usd,
               coalesce(sum(cost_usd) FILTER (WHERE own_key), 0) AS own_key_usd, sum(saved_usd) AS saved_usd,
               sum(latency_ms) AS latency_ms
          FROM public.llm_call, bounds
         WHERE tenant = %(tenant)s AND settled_at IS NOT NULL AND created_at >= oldest AND created_at < newest
         GROUP BY 1, 2, 3, 4, 5, 6),
    sums AS (
        SELECT used.* FROM public.llm_usage_hour used, bounds
         WHERE tenant = %(tenant)s AND hour >= oldest AND hour < newest),
    both_sides AS (
        SELECT coalesce(calls.hour, sums.hour) AS hour, {pairs},
               concat_ws(' ', {key}) AS key
          FROM calls FULL JOIN sums USING (hour, feature, provider, account, model, source))"""
_PAIRS = ", ".join(f"coalesce(calls.{name}, 0) AS c_{name}, coalesce(sums.{name}, 0) AS s_{name}" for name in FIGURES)
_KEY = "to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24'), " + ", ".join(KEY[1:])
_SIDES = _HOURS.format(pairs=_PAIRS, key=_KEY)
_UNEQUAL = " OR ".join(f"c_{name} <> s_{name}" for name in FIGURES)
_SHOWN = ", ".join(f"c_{name}, s_{name}" for name in FIGURES)
_SURE = "FROM both_sides WHERE hour NOT IN (SELECT hour FROM unsure)"
_WRONG = f"{_SIDES} SELECT key, {_SHOWN} {_SURE} AND ({_UNEQUAL}) ORDER BY key LIMIT {MOST}"
_COUNT = f"{_SIDES} SELECT count(DISTINCT hour) {_SURE}"


@dataclass(frozen=True, slots=True)
class WrongSum:
    """An hour's `figure` that is not what its rows come to; `key` says of which hour, feature, account and model."""

    key: str
    figure: str
    calls: Any
    sums: Any


def hours(tenant: str) -> int:
    """How many hours of this schema's calls can be compared."""
    return int(_rows(_COUNT, tenant)[0][0])


def wrong_hours(tenant: str) -> Iterator[WrongSum]:
    """What the hours say that their rows do not; the first 1,000 of such hours."""
    for key, *figures in _rows(_WRONG, tenant):
        for place, figure in enumerate(FIGURES):
            calls, sums = figures[2 * place : 2 * place + 2]
            if calls != sums:
                yield WrongSum(key, figure, calls, sums)


def unsettled(tenant: str, before: datetime) -> list[UUID]:
    """The first 1,000 calls that began before that and have no end; a batch's may take two days."""
    rows = LlmCall.objects.filter(tenant=tenant, settled_at=None, created_at__lt=before)
    in_time = Q(source=LlmCall.Source.BATCH, created_at__gte=before - BATCH_TAKES)
    return list(rows.exclude(in_time).order_by("created_at").values_list("id", flat=True)[:MOST])


def _rows(statement: str, tenant: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tenant": tenant})
        return cursor.fetchall()
