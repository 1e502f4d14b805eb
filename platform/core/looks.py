"""What core itself looks up for a scrape: queues, the worker's heartbeat, and the table of what is owed."""

from collections.abc import Iterator

from celery import current_app
from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now
from prometheus_client.core import GaugeMetricFamily, Metric
from redis import RedisError

from core import gauges, queues
from core.models import Due
from core.redis import client, platform_key


def redis() -> Iterator[Metric]:
    """`redis_queue_length{queue}` and `candor_worker_alive`, in one round trip."""
    names = sorted(queue.name for queue in current_app.conf.task_queues)
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    pipeline = client().pipeline(transaction=False)
    for name in names:
        pipeline.llen(prefix + name)
    pipeline.exists(platform_key("worker", "alive"))
    *lengths, alive = pipeline.execute()
    found = GaugeMetricFamily("redis_queue_length", "Messages that no worker has taken yet", labels=["queue"])
    for name, length in zip(names, lengths, strict=True):
        found.add_metric([name], length)
    yield found
    yield GaugeMetricFamily("candor_worker_alive", "1 where a worker's heartbeat is young", value=alive)


def waiting(name: str) -> int:
    """How many messages wait in the queues that work of this name is spread over; 0 where nobody can say."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    pipeline = client().pipeline(transaction=False)
    for number in range(queues.BUCKETS):
        pipeline.llen(f"{prefix}{queues.bucket(name, number)}")
    try:
        return sum(pipeline.execute())
    except RedisError:
        return 0


def due() -> Iterator[Metric]:
    """`candor_due_backlog{kind}` and `candor_due_failed{kind}`, each by its own small index."""
    backlog = GaugeMetricFamily("candor_due_backlog", "Owed work whose time has come", labels=["kind"])
    failed = GaugeMetricFamily("candor_due_failed", "Work that failed for good and waits for a person", labels=["kind"])
    with gauges.quick_look():
        _count(backlog, failed_at=None, due_at__lte=Now())
        _count(failed, failed_at__isnull=False)
    yield backlog
    yield failed


def _count(family: GaugeMetricFamily, **rows: object) -> None:
    for kind, count in Due.objects.filter(**rows).values_list("kind").annotate(count=Count("pk")).order_by("kind"):
        family.add_metric([kind], count)


def owed(kind: str) -> int:
    """How many rows of this kind are owed, due or not."""
    with gauges.quick_look():
        return Due.objects.filter(kind=kind, failed_at=None).count()


def register() -> None:
    gauges.register("redis", redis)
    gauges.register("due", due)
