"""Celery tasks that belong to a tenant, and the one way to send them."""

import inspect
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from celery import current_app, shared_task
from django.db import transaction

from core import audit, due, looks, metrics, pool, slots, tenancy, workers
from core.claims import AlreadyClaimed, LeaseLost
from core.slots import NoSlot

Queue = str | Callable[[str], str]

FEWEST_HINTS = 20

log = structlog.get_logger()
_signatures: dict[str, inspect.Signature] = {}
_queues: dict[str, Callable[[str], str]] = {}


class WrongKeywords(TypeError):
    """A task was enqueued with keywords that it does not take."""


def tenant_task(name: str, *, queue: Queue) -> Callable[[Callable[..., None]], Any]:
    """A task that runs inside its tenant's schema and leaves it afterwards; without a tenant it refuses.

    :param queue: a queue, or the queue of a schema (core.queues.by_tenant).
    """

    def decorate(body: Callable[..., None]) -> Any:
        _signatures[name] = inspect.signature(body)
        _queues[name] = queue if callable(queue) else lambda _: queue

        @shared_task(name=name)  # type: ignore[untyped-decorator]
        def run(*, tenant: str = "", request_id: str = "", **keywords: Any) -> None:
            if not tenant:
                raise tenancy.NoTenant(f"{name} was sent without a tenant.")
            _run(name, body, tenant, request_id, keywords)

        return run

    return decorate


def _run(name: str, body: Callable[..., None], tenant: str, request_id: str, keywords: dict[str, Any]) -> None:
    """Enter the schema, run the body, count it, give every connection back."""
    started, outcome = time.perf_counter(), "done"
    structlog.contextvars.bind_contextvars(tenant=tenant, task=name, request_id=request_id)
    token = audit.actor.set(audit.SYSTEM)
    try:
        with tenancy.enter(tenant):
            body(**{key: UUID(value) if key.endswith("_id") else value for key, value in keywords.items()})
    except (AlreadyClaimed, LeaseLost):
        outcome = "duplicate"
        metrics.duplicate_deliveries.labels(name).inc()
    except NoSlot:
        outcome = "waits"
    except tenancy.UnknownTenant:
        outcome = "no_tenant"
        log.warning("task_for_unknown_tenant")
    except Exception:
        outcome = "failed"
        raise
    finally:
        metrics.tasks.labels(name, outcome).inc()
        metrics.task_seconds.labels(name).observe(time.perf_counter() - started)
        audit.actor.reset(token)
        structlog.contextvars.unbind_contextvars("tenant", "task", "request_id")
        pool.give_back()


def enqueue(name: str, **keywords: Any) -> None:
    """Send the task for the current tenant after the commit.

    The message is a hint: when the broker is away the due row brings the work back.
    :raises WrongKeywords: if the task's signature does not take these keywords.
    """
    try:
        _signatures[name].bind(**keywords)
    except (KeyError, TypeError) as error:
        raise WrongKeywords(f"{name}({', '.join(keywords)})") from error
    message = {key: str(value) if isinstance(value, UUID) else value for key, value in keywords.items()}
    context = structlog.contextvars.get_contextvars()
    message |= {"tenant": tenancy.schema(), "request_id": context.get("request_id", "")}
    transaction.on_commit(lambda: send(name, message))


def remind(name: str, **keywords: UUID) -> None:
    """Send the task for the current tenant at once: its row is committed already."""
    send(name, {key: str(value) for key, value in keywords.items()} | {"tenant": tenancy.schema()})


def send(name: str, message: dict[str, Any]) -> None:
    """Hand one message to the broker; a broker that is away costs only time."""
    try:
        task = current_app.tasks[name]
        queue = _queues[name](message["tenant"]) if name in _queues else task.queue
        task.apply_async(kwargs=message, retry=False, queue=queue)
    except Exception:
        log.warning("broker_unavailable", task=name)


@shared_task(name="core.sweep_due", queue="default")  # type: ignore[untyped-decorator]
def sweep_due() -> None:
    """Send again whatever is owed and due.

    Where many messages wait, hardly one was lost, and a hint for each of them would be as much work again: then few
    are sent, the longest due first.
    """
    try:
        with tenancy.enter_platform():
            metrics.sweeps.inc()
            slotted = due.with_slots()
            due.sweep(_send_owed, but=slotted)
            for kind, name in slotted.items():
                due.sweep(_send_owed, only=[kind], most=max(FEWEST_HINTS, due.BATCH - looks.waiting(name)))
        workers.swept()
    finally:
        pool.give_back()


def _will_be_called(owed: due.Owed, name: str) -> bool:
    try:
        with tenancy.enter(owed.tenant):
            return slots.will_be_called(name, owed.object_id)
    except tenancy.UnknownTenant:  # made just now, or gone: the others' hints must not wait for it
        return False


def _send_owed(owed: due.Owed) -> None:
    try:
        kind = due.kind_of(owed.kind)
    except due.UnknownKind:
        log.warning("due_unknown_kind", kind=owed.kind)  # a newer release owes it; what this one knows must not wait
        return
    if kind.slots and _will_be_called(owed, kind.slots):
        return
    metrics.swept.labels(owed.kind).inc()
    send(kind.task, {kind.keyword: str(owed.object_id), "tenant": owed.tenant})
