"""The ledger's rows added up by the hour and by the day, and what of the ledger is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import Max

from core import clock
from llm.models import UsageHour
from llm.models.calls import LEAST_DAYS

HOUR = timedelta(hours=1)
# From an hour's end until it is added up: by then what a dead worker left open was settled too (llm.lost).
PATIENCE = timedelta(minutes=10)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
DELETED_AT_ONCE = 5000

# One at a time: the sums of an earlier look at the ledger must not replace those of a later one.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('llm.usage'))"

# What was settled before the newest hour of the sums began, in hours before it, is in the sums already.
_TOUCHED = """
    SELECT DISTINCT date_trunc('hour', created_at, 'UTC') FROM public.llm_call
     WHERE settled_at >= %s AND created_at < %s"""

_ROLL_UP = """
    INSERT INTO public.llm_usage_hour (
        id, hour, tenant, feature, provider, account, model, source, requests, calls, failures,
        tokens_in, tokens_cached, tokens_out, cost_usd, own_key_usd, saved_usd, latency_ms)
    SELECT gen_random_uuid(), hours.hour, sums.*
      FROM unnest(%s::timestamptz[]) AS hours (hour),
           LATERAL (
               SELECT tenant, feature, provider, account, model, source,
                      count(*) FILTER (WHERE attempt = 1), count(*), count(*) FILTER (WHERE error_kind <> ''),
                      sum(tokens_in), sum(tokens_cached), sum(tokens_out),
                      coalesce(sum(cost_usd), 0), coalesce(sum(cost_usd) FILTER (WHERE own_key), 0),
                      sum(saved_usd), sum(latency_ms)
                 FROM public.llm_call
                WHERE created_at >= hours.hour AND created_at < hours.hour + interval '1 hour'
                  AND settled_at IS NOT NULL
                GROUP BY tenant, feature, provider, account, model, source) AS sums
    ON CONFLICT (hour, tenant, feature, provider, account, model, source) DO UPDATE
       SET requests = EXCLUDED.requests, calls = EXCLUDED.calls, failures = EXCLUDED.failures,
           tokens_in = EXCLUDED.tokens_in, tokens_cached = EXCLUDED.tokens_cached, tokens_out = EXCLUDED.tokens_out,
           cost_usd = EXCLUDED.cost_usd, own_key_usd = EXCLUDED.own_key_usd, saved_usd = EXCLUDED.saved_usd,
           latency_ms = EXCLUDED.latency_ms"""

_ROLL_UP_GROUPS = """
    INSERT INTO public.llm_usage_group (hour, tenant, group_id, cost_usd)
    SELECT hours.hour, sums.*
      FROM unnest(%s::timestamptz[]) AS hours (hour),
           LATERAL (
               SELECT tenant, group_id, coalesce(sum(cost_usd), 0)
                 FROM public.llm_call
                WHERE created_at >= hours.hour AND created_at < hours.hour + interval '1 hour'
                  AND settled_at IS NOT NULL AND group_id IS NOT NULL
                GROUP BY tenant, group_id) AS sums
    ON CONFLICT (hour, tenant, group_id) DO UPDATE SET cost_usd = EXCLUDED.cost_usd"""

_ROLL_UP_DAYS = """
    INSERT INTO public.llm_usage_day (day, tenant, source, requests, saved_usd, cost_usd, own_key_usd)
    SELECT days.day, sums.*
      FROM unnest(%s::date[]) AS days (day),
           LATERAL (
               SELECT tenant, source, sum(requests), sum(saved_usd), sum(cost_usd), sum(own_key_usd)
                 FROM public.llm_usage_hour
                WHERE hour >= days.day::timestamp AT TIME ZONE 'UTC'
                  AND hour < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
                GROUP BY tenant, source) AS sums
    ON CONFLICT (day, tenant, source) DO UPDATE
       SET requests = EXCLUDED.requests, saved_usd = EXCLUDED.saved_usd, cost_usd = EXCLUDED.cost_usd,
           own_key_usd = EXCLUDED.own_key_usd"""

# Hours that will be added up anew lose nothing before that.
_OLDEST_UNSURE = "SELECT min(created_at) FROM public.llm_call WHERE settled_at IS NULL OR settled_at >= %s"

_DELETE = """
    DELETE FROM public.llm_call WHERE (created_at, id) IN (
        SELECT created_at, id FROM public.llm_call WHERE created_at < %s AND settled_at IS NOT NULL
         ORDER BY created_at LIMIT %s)"""


class KeptTooShort(ValueError):
    """The ledger's rows are kept for longer than that (llm.models.calls.LEAST_DAYS)."""


def hour_of(moment: datetime) -> datetime:
    """The full hour, in UTC, that this moment is in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    """The midnight, in UTC, that began this moment's day."""
    return hour_of(moment).replace(hour=0)


def rolled_until(*, using: str = DEFAULT_DB_ALIAS) -> datetime:
    """Before this full hour UsageHour says it all; from it on the ledger's own rows do."""
    newest = UsageHour.objects.using(using).aggregate(newest=Max("hour"))["newest"]
    return newest + HOUR if newest else EVER


@transaction.atomic
def roll_up() -> int:
    """Add up the finished hours in which something was settled since the last time, each anew and as a whole.

    :returns: how many rows of UsageHour were written.
    """
    with connection.cursor() as cursor:
        return _roll_up(cursor)


def prune(*, keep_days: int) -> int:
    """As the owner: delete the settled rows older than so many days, all of which are in the sums by then.

    The serving role may not delete; a trigger refuses rows that are young, open, or not added up, whoever asks.
    :returns: how many rows were deleted.
    :raises KeptTooShort: if it is fewer than LEAST_DAYS days.
    """
    if keep_days < LEAST_DAYS:
        raise KeptTooShort(f"A row of the ledger is kept for at least {LEAST_DAYS} days.")
    total = 0
    while deleted := _delete(clock.now() - timedelta(days=keep_days)):
        total += deleted
    return total


@transaction.atomic(using="owner")
def _delete(before: datetime) -> int:
    """Some of them, in a transaction of its own, and never of an hour that may be added up again."""
    with connections["owner"].cursor() as cursor:
        _roll_up(cursor)
        cursor.execute(_OLDEST_UNSURE, [_newest(cursor)])
        unsure = cursor.fetchone()[0]
        cursor.execute(_DELETE, [hour_of(min(before, unsure or before)), DELETED_AT_ONCE])
        return int(cursor.rowcount)


def _roll_up(cursor: Any) -> int:
    cursor.execute(_ALONE)
    cursor.execute(_TOUCHED, [_newest(cursor), hour_of(clock.now() - PATIENCE)])
    touched = [hour for (hour,) in cursor.fetchall()]
    if not touched:
        return 0
    cursor.execute(_ROLL_UP, [touched])
    written = int(cursor.rowcount)
    cursor.execute(_ROLL_UP_GROUPS, [touched])
    cursor.execute(_ROLL_UP_DAYS, [sorted({hour.astimezone(UTC).date() for hour in touched})])
    return written


def _newest(cursor: Any) -> datetime:
    cursor.execute("SELECT max(hour) FROM public.llm_usage_hour")
    return cursor.fetchone()[0] or EVER
