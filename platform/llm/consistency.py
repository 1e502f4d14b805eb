"""Whether the ledger agrees with what was added up of it, and whether anything in it was left open."""

from collections.abc import Iterator, Sequence
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
_WRONG = f"{_SIDES} SELECT key, {_SHOWN} {_SURE} AND ({_UNEQUAL}) ORDER BY key LIMIT %(most)s"
_COUNT = f"{_SIDES} SELECT count(DISTINCT hour) {_SURE}"


# A month's deleted rows, by their kept sums, and those that are still there are its hours. Of the first month that
# either knows some rows may have gone before sums were kept.
_MONTHS = """
    WITH bounds AS (
        SELECT (SELECT max(hour) FROM public.llm_usage_hour) AS newest,
               least((SELECT min(month) FROM public.llm_receipt_sum),
                     (SELECT min(created_at AT TIME ZONE 'UTC')::date FROM public.llm_call)) AS oldest),
    unsure AS (
        SELECT DISTINCT date_trunc('month', created_at AT TIME ZONE 'UTC') AS month FROM public.llm_call, bounds
         WHERE tenant = %(tenant)s AND settled_at >= newest),
    rows_and_kept AS (
        SELECT date_trunc('month', created_at AT TIME ZONE 'UTC')::date AS month, feature, model, source,
               1 AS calls, tokens_in, tokens_out, coalesce(cost_usd, 0) AS cost_usd, saved_usd
          FROM public.llm_call WHERE tenant = %(tenant)s AND settled_at IS NOT NULL
         UNION ALL
        SELECT month, feature, model, source, calls, tokens_in, tokens_out, cost_usd, saved_usd
          FROM public.llm_receipt_sum WHERE tenant = %(tenant)s),
    called AS (
        SELECT month, feature, model, source, sum(calls) AS calls, sum(tokens_in) AS tokens_in,
               sum(tokens_out) AS tokens_out, sum(cost_usd) AS cost_usd, sum(saved_usd) AS saved_usd
          FROM rows_and_kept GROUP BY 1, 2, 3, 4),
    added AS (
        SELECT date_trunc('month', hour AT TIME ZONE 'UTC')::date AS month, feature, model, source,
               sum(calls) AS calls, sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,
               sum(cost_usd) AS cost_usd, sum(saved_usd) AS saved_usd
          FROM public.llm_usage_hour WHERE tenant = %(tenant)s GROUP BY 1, 2, 3, 4),
    months AS (
        SELECT month, concat_ws(' ', to_char(month, 'YYYY-MM'), feature, model, source) AS key, {pairs}
          FROM called FULL JOIN added USING (month, feature, model, source))"""
_KEPT_FIGURES = ("calls", "tokens_in", "tokens_out", "cost_usd", "saved_usd")
_KEPT_PAIRS = ", ".join(
    f"coalesce(called.{name}, 0) AS c_{name}, coalesce(added.{name}, 0) AS s_{name}" for name in _KEPT_FIGURES
)
_KEPT = _MONTHS.format(pairs=_KEPT_PAIRS)
_KEPT_UNEQUAL = " OR ".join(f"c_{name} <> s_{name}" for name in _KEPT_FIGURES)
_KEPT_SHOWN = ", ".join(f"c_{name}, s_{name}" for name in _KEPT_FIGURES)
# The newest month is still added up: its hours are compared.
_FINISHED = """
    FROM months, bounds WHERE month > date_trunc('month', oldest)
     AND month < date_trunc('month', newest AT TIME ZONE 'UTC') AND month NOT IN (SELECT month FROM unsure)"""
_WRONG_MONTHS = f"{_KEPT} SELECT key, {_KEPT_SHOWN} {_FINISHED} AND ({_KEPT_UNEQUAL}) ORDER BY key LIMIT %(most)s"

# The sums that budgets of groups read, hour by hour where every row is still there. Where rows went, no group can cost
# more than all calls of its hour.
_GROUPS = """
    WITH bounds AS (
        SELECT (SELECT date_trunc('hour', min(created_at), 'UTC') + interval '1 hour' FROM public.llm_call) AS oldest,
               (SELECT max(hour) FROM public.llm_usage_hour) AS newest),
    unsure AS (
        SELECT DISTINCT date_trunc('hour', created_at, 'UTC') AS hour FROM public.llm_call, bounds
         WHERE tenant = %(tenant)s AND settled_at >= newest),
    calls AS (
        SELECT date_trunc('hour', created_at, 'UTC') AS hour, group_id::text AS name,
               coalesce(sum(cost_usd), 0) AS cost_usd
          FROM public.llm_call, bounds
         WHERE tenant = %(tenant)s AND group_id IS NOT NULL AND settled_at IS NOT NULL
           AND created_at >= oldest AND created_at < newest
         GROUP BY 1, 2),
    kept AS (SELECT hour, group_id::text AS name, cost_usd FROM public.llm_usage_group WHERE tenant = %(tenant)s),
    rows_there AS (
        SELECT coalesce(calls.hour, kept.hour) AS hour, name, coalesce(calls.cost_usd, 0) AS c, kept.cost_usd AS s
          FROM calls FULL JOIN kept USING (hour, name)),
    in_all AS (
        SELECT hour, sum(cost_usd) AS cost_usd FROM public.llm_usage_hour WHERE tenant = %(tenant)s GROUP BY 1),
    rows_gone AS (
        SELECT kept.hour, 'groups' AS name, coalesce(min(in_all.cost_usd), 0) AS c, sum(kept.cost_usd) AS s
          FROM kept LEFT JOIN in_all USING (hour) GROUP BY 1),
    wrong AS (
        SELECT hour, name, c, coalesce(s, 0) AS s FROM rows_there, bounds
         WHERE hour >= oldest AND hour < newest AND c IS DISTINCT FROM s
         UNION ALL
        SELECT hour, name, c, s FROM rows_gone, bounds
         WHERE (oldest IS NULL OR hour < oldest) AND hour < newest AND s > c)
    SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24 ') || name, c, s
      FROM wrong WHERE hour NOT IN (SELECT hour FROM unsure) ORDER BY 1 LIMIT %(most)s"""


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
    return _wrong(_WRONG, FIGURES, tenant)


def wrong_months(tenant: str) -> Iterator[WrongSum]:
    """What the hours of a finished month say that its rows, and the receipts' sums of those deleted, do not."""
    return _wrong(_WRONG_MONTHS, _KEPT_FIGURES, tenant)


def wrong_groups(tenant: str) -> Iterator[WrongSum]:
    """What is kept of what groups spent that their calls did not cost; of deleted calls, that is more than all did."""
    return _wrong(_GROUPS, ("cost_usd",), tenant)


def _wrong(statement: str, names: Sequence[str], tenant: str) -> Iterator[WrongSum]:
    for key, *figures in _rows(statement, tenant):
        for place, figure in enumerate(names):
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
        cursor.execute(statement, {"tenant": tenant, "most": MOST})
        return cursor.fetchall()
