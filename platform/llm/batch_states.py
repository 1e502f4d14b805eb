"""The states of a batch, each written by the worker that holds its lease: a late one changes nothing."""

import json
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from core import clock, due, tenancy
from core.claims import AlreadyClaimed, LeaseLost
from llm import batch_money, metrics
from llm.models import Batch, BatchItem

KIND = "llm.batch"
LEASE = timedelta(seconds=90)  # longer than all that one look may ask the provider, so that it needs no renewal
SOONEST, LATEST = timedelta(seconds=30), timedelta(minutes=10)
LEFTOVERS = timedelta(days=2)  # after the deadline a batch that was given back is looked at no more

log = structlog.get_logger()


def claim(batch_id: UUID) -> Batch:
    """The batch, for LEASE; one that was given back is still claimed while the provider may hold answers of it.

    :raises AlreadyClaimed: another worker is at it, or it is over.
    """
    at_work = Q(status__in=[Batch.Status.OWED, Batch.Status.SUBMITTED])
    leftovers = Q(status=Batch.Status.FAILED, sent_at__isnull=False)
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    rows = Batch.objects.filter(at_work | leftovers, free, pk=batch_id, tenant=tenancy.schema())
    if not rows.update(lease_until=Now() + LEASE, fence=F("fence") + 1):
        due.look_when_free(Batch, batch_id)
        raise AlreadyClaimed(f"Batch {batch_id}")
    return Batch.objects.get(pk=batch_id)


def write(batch: Batch, **changes: Any) -> None:
    """:raises LeaseLost: another worker took over; nothing was written."""
    if Batch.objects.filter(pk=batch.pk, fence=batch.fence, status=batch.status).update(**changes) != 1:
        raise LeaseLost(f"Batch {batch.pk} fence {batch.fence}")
    for name, value in changes.items():
        setattr(batch, name, value)


def lines(batch: Batch, endpoint: str) -> bytes:
    """The file of its requests, one a line; an item's id tells its answer apart."""
    asked = batch.items.filter(status=BatchItem.Status.WAITING).exclude(body=None).order_by("pk")
    rows = ({"custom_id": str(i.pk), "method": "POST", "url": endpoint, "body": json.loads(str(i.body))} for i in asked)
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def is_late(batch: Batch) -> bool:
    """Whether its owner waits no longer."""
    return clock.now() >= batch.deadline_at


@transaction.atomic
def submitted(batch: Batch, remote_id: str) -> None:
    """The provider has it, so we need not keep its requests."""
    write(batch, status=Batch.Status.SUBMITTED, remote_id=remote_id, lease_until=None)
    batch.items.update(body=None)
    due.owe(KIND, batch.pk, after=_pause(batch))


@transaction.atomic
def put_off(batch: Batch) -> None:
    """Another look later, unless nothing is to be expected of it any more."""
    if clock.now() > batch.deadline_at + LEFTOVERS:
        end(batch, Batch.Status.FAILED, batch.error or "too_late")
    else:
        write(batch, lease_until=None)
        due.owe(KIND, batch.pk, after=_pause(batch))


@transaction.atomic
def give_back(batch: Batch, error: str) -> None:
    """The owner runs live. Where the provider may go on and bill, the batch is looked at again."""
    if batch.status == Batch.Status.FAILED or batch.sent_at is None:
        end(batch, Batch.Status.FAILED, batch.error or error)
        return
    write(batch, status=Batch.Status.FAILED, error=error[:60], lease_until=None)
    batch.items.update(body=None)
    due.owe(KIND, batch.pk, after=LATEST)
    due.hasten([batch.owner_id])
    _report(batch, error)


@transaction.atomic
def end(batch: Batch, status: str, error: str = "") -> None:
    """Nothing more is expected of it: what has no answer runs live."""
    was = batch.status
    write(batch, status=status, error=error[:60], lease_until=None)
    batch.items.update(body=None)
    missing = batch.items.filter(status=BatchItem.Status.WAITING)
    missing.update(status=BatchItem.Status.FAILED, error="no_answer")
    due.settle(KIND, batch.pk)
    due.hasten([batch.owner_id])
    transaction.on_commit(partial(batch_money.release, batch.owner_id), robust=True)
    if was != Batch.Status.FAILED:
        _report(batch, error or "done")


def _pause(batch: Batch) -> timedelta:
    """Until the next look: a quarter of its age, and not past its deadline."""
    age, left = clock.now() - batch.created_at, batch.deadline_at - clock.now()
    pause = min(max(age / 4, SOONEST), LATEST)
    return min(pause, left) if left > timedelta(0) else pause


def _report(batch: Batch, outcome: str) -> None:
    metrics.batches.labels(batch.feature, outcome).inc()
    log.info("batch_ended", batch=str(batch.pk), feature=batch.feature, account=batch.account, outcome=outcome)
