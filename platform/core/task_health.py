"""How the tasks fare, for the admin's first page: what is owed, who works, what failed last."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.urls import reverse
from redis import RedisError

from core import clock, queues, workers
from core.models import Due
from core.redis import client, platform_key

NEWEST_ERRORS = 5
LATE_SECONDS = 60

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KindHealth:
    """The rows of one kind of owed work over all tenants. `oldest_seconds`: how long the first of them waits."""

    kind: str
    due: int
    later: int
    failed: int
    oldest_seconds: int | None
    failed_url: str

    @property
    def is_late(self) -> bool:
        return (self.oldest_seconds or 0) > LATE_SECONDS


@dataclass(frozen=True, slots=True)
class Failure:
    """One row that failed for good."""

    kind: str
    tenant: str
    error: str
    failed_at: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Signs:
    """What Valkey tells: workers whose heartbeat is young, the last sweep's age, and queues with messages in them."""

    reachable: bool
    workers: list[tuple[str, int]] = field(default_factory=list)  # host:pid, seconds since its heartbeat
    swept_seconds: int | None = None
    waiting: list[tuple[str, int]] = field(default_factory=list)  # queue, messages


def look() -> dict[str, Any]:
    """`kinds`, `failures` and `signs`, in three statements and one round trip."""
    return {"kinds": kinds(), "failures": failures(), "signs": signs()}


def kinds() -> list[KindHealth]:
    """Each kind that anything is owed of, what failed first."""
    waits = Q(failed_at=None, due_at__lte=Now())
    rows = Due.objects.values("kind").annotate(
        due=Count("pk", filter=waits),
        later=Count("pk", filter=Q(failed_at=None, due_at__gt=Now())),
        failed=Count("pk", filter=Q(failed_at__isnull=False)),
        oldest=Min("due_at", filter=waits),
    )
    now = clock.now()
    return [
        KindHealth(
            kind=row["kind"],
            due=row["due"],
            later=row["later"],
            failed=row["failed"],
            oldest_seconds=max(0, int((now - row["oldest"]).total_seconds())) if row["oldest"] else None,
            failed_url=_list_of(kind=row["kind"], failed_at__isempty=0),
        )
        for row in rows.order_by("-failed", "-due", "kind")
    ]


def failures() -> list[Failure]:
    """What failed last, newest first."""
    rows = Due.objects.exclude(failed_at=None).order_by("-failed_at")[:NEWEST_ERRORS]
    return [
        Failure(row.kind, row.tenant, row.error, row.failed_at, _list_of(q=row.object_id))
        for row in rows
        if row.failed_at
    ]


def signs() -> Signs:
    """Heartbeats and queues; an unreachable Valkey is said, not raised."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    pipeline = client().pipeline(transaction=False)
    pipeline.zrange(platform_key("worker", "beats"), 0, -1, withscores=True)
    pipeline.ttl(platform_key("sweep", "done"))
    for name in queues.NAMES:
        pipeline.llen(f"{prefix}{name}")
    try:
        beats, left, *lengths = pipeline.execute()
    except RedisError:
        log.warning("task_health_without_redis")
        return Signs(reachable=False)
    ages: list[tuple[str, int]] = [(name.decode(), max(0, int(time.time() - at))) for name, at in beats]
    return Signs(
        reachable=True,
        workers=[(name, age) for name, age in ages if age < workers.ALIVE_SECONDS],
        swept_seconds=workers.SWEPT_SECONDS - left if left >= 0 else None,
        waiting=[(name, length) for name, length in zip(queues.NAMES, lengths, strict=True) if length],
    )


def _list_of(**query: object) -> str:
    return f"{reverse('admin:core_due_changelist')}?{urlencode(query)}"
