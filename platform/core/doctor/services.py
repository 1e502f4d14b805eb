"""Valkey and what goes through it: signs of life, queues; and what is owed."""

from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db.models import Count, Min
from django.db.models.functions import Now
from django_tenants.utils import get_tenant_model
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.doctor import Finding, fail, ok, warn
from core.models import Due
from core.redis import platform_key
from core.workers import SWEPT_SECONDS

TIMEOUT = 3.0
MEMORY_WARN = 0.8  # of maxmemory: with noeviction, a full Valkey refuses writes
LONG_QUEUE = 100
LATE_WARN, LATE_FAIL = 30.0, 300.0  # seconds that the oldest due row waits for a sweep
BROKER_PREFIX = str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"])


def valkey() -> Finding:
    """It answers, keeps what it holds on disk and evicts nothing."""
    try:
        found: Any = client().info()
    except (redis.RedisError, OSError) as error:
        return fail(f"away ({type(error).__name__})", "Start it, or see REDIS_URL. Answers are stored meanwhile.")
    name = "Valkey" if "valkey_version" in found else "Redis"
    most, used = int(found.get("maxmemory", 0)), int(found.get("used_memory", 0))
    what = f"{name} {found.get('valkey_version') or found.get('redis_version')}, {used / 1e6:.0f} MB used"
    if most and used > MEMORY_WARN * most:
        return fail(f"{what} of {most / 1e6:.0f}", "Raise maxmemory: a full one refuses messages.")
    if found.get("maxmemory_policy", "noeviction") != "noeviction":
        return fail(f"{what}, evicts by {found['maxmemory_policy']}", "Set maxmemory-policy noeviction.")
    if not int(found.get("aof_enabled", 0)):
        return warn(f"{what}, no append-only file", "Set appendonly yes: a restart forgets messages and lock-outs.")
    if found.get("aof_last_write_status", "ok") != "ok":
        return fail(f"{what}, cannot write its append-only file", "See its disk.")
    return ok(f"{what}, append-only file, evicts nothing")


def worker() -> Finding:
    """A worker gave its sign of life within half a minute."""
    if client().exists(platform_key("worker", "alive")):
        return ok("a worker is alive")
    return fail("no worker gave a sign of life", "Start the worker of the Procfile; answers wait as due rows.")


def sweeps() -> Finding:
    """beat sends a sweep every three seconds and a worker does it."""
    left: Any = client().ttl(platform_key("sweep", "done"))
    if left < 0:
        return fail(f"no sweep within {SWEPT_SECONDS} s", "Start beat, one in all; without it nothing is sent again.")
    return ok(f"the last sweep was {SWEPT_SECONDS - left} s ago")


def queues() -> Finding:
    """How many messages wait, and how many were handed out."""
    names = [queue.name for queue in current_app.conf.task_queues]
    with client().pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(f"{BROKER_PREFIX}{name}")
        pipe.hlen(f"{BROKER_PREFIX}unacked")
        *lengths, out = pipe.execute()
    long = {name: length for name, length in zip(names, lengths, strict=True) if length}
    said = ", ".join(f"{name} {length}" for name, length in sorted(long.items(), key=lambda item: -item[1])[:5])
    what = f"{sum(lengths)} wait{f' ({said})' if said else ''}, {out} are being worked on"
    if sum(lengths) > LONG_QUEUE:
        return warn(what, "Start more workers, or see why they are slow.")
    return ok(what)


def backlog() -> Finding:
    """Rows that are due and wait for a sweep (those of tenants that aren't ready may), and what failed for good."""
    ready = get_tenant_model().objects.filter(status="ready").values("schema_name")
    waiting = Due.objects.filter(due_at__lte=Now(), failed_at=None, tenant__in=ready).aggregate(
        rows=Count("pk"), age=Now() - Min("due_at")
    )
    late = waiting["age"].total_seconds() if waiting["age"] else 0.0
    failed = Due.objects.exclude(failed_at=None).order_by("kind").values_list("kind").annotate(rows=Count("pk"))
    what = f"{waiting['rows']} due, the oldest for {late:.0f} s"
    if late > LATE_FAIL:
        return fail(what, "See that beat and a worker run.")
    if late > LATE_WARN:
        return warn(what, "See that beat and a worker run.")
    if failed:
        kinds = ", ".join(f"{kind} {rows}" for kind, rows in failed)
        return warn(f"{what}; failed for good: {kinds}", "Retry them in the admin under Due.")
    return ok(f"{what}; nothing failed")


def client() -> redis.Redis:
    """A client that tries once: a doctor who waits is no help."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
    )
