"""Work that can wait: submitted to a provider's batch API, looked at until it is back or its deadline has passed.

Answers go to the exact cache by the keys of their requests. When a batch is over, however it ended, the due row of its
owner falls due at once: the owner runs live, and what the batch answered is found in the cache.

States of a batch: owed -> submitted -> done; owed, submitted -> failed. Whatever a worker writes is guarded by the
fence of its lease, and `sent_at` is written before the provider is asked to begin: a row that has it and no
`remote_id` looks for the batch at the provider before it starts another.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F

from core import clock, due, pool, tenancy
from core.tasks import enqueue
from llm import batch_money, batch_states, canary, features
from llm.batch_looks import Look
from llm.batch_results import Kept, Store
from llm.batch_states import KIND
from llm.failures import WireError
from llm.models import Batch, BatchItem
from llm.policy import TenantPolicy
from llm.targets import Target

__all__ = [
    "BatchRequest",
    "Kept",
    "NotBatchable",
    "Store",
    "connect",
    "exists",
    "purge",
    "run",
    "submit",
    "waits_until",
]

MOST_REQUESTS = 50  # their answers must fit into llm.wire.MOST_BYTES
SECONDS = 60.0  # for all that one look asks the provider; batch_states.LEASE is longer
FATAL = {  # errors that waiting does not mend, by status
    Batch.Status.OWED: {"rejected", "unauthorised", "not_found", "unusable", "wrong_shape", "too_large"},
    Batch.Status.SUBMITTED: {"not_found", "too_large"},
    Batch.Status.FAILED: {"not_found", "too_large"},
}
FindTarget = Callable[[Batch], Target | None]

log = structlog.get_logger()


class NotBatchable(Exception):
    """This feature, account, tenant or number of requests can't go through a batch; nothing was written."""


class NotConnected(RuntimeError):
    """Nobody said where batches go and who keeps their answers."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A chat completion's body, filtered and with its canary, and the key of the exact cache for its answer."""

    cache_key: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Wiring:
    find_target: FindTarget
    store: Store


_wiring: list[_Wiring] = []


def connect(*, find_target: FindTarget, store: Store) -> None:
    """Say how a batch's place becomes a Target with its key, and who keeps answers (AppConfig.ready).

    `find_target` gives None where the place is used no more, and raises WireError where its key can't be had.
    """
    _wiring[:] = [_Wiring(find_target, store)]


@transaction.atomic
def submit(
    *,
    policy: TenantPolicy,
    target: Target,
    feature: str,
    owner_kind: str,
    owner_id: UUID,
    requests: Sequence[BatchRequest],
    deadline_at: datetime,
    interview_id: UUID | None = None,
    subject_id: UUID | None = None,
    prompt_version: str = "",
) -> Batch:
    """Owe these requests to the target's batch API in the current transaction; an owner's second call changes nothing.

    The owner's own due row should stand at `deadline_at`: it is hastened when the batch is over.

    :raises NotBatchable, llm.features.UnknownFeature: nothing was written.
    """
    _refuse_unfit(policy, target, feature, len(requests))
    batch, made = Batch.objects.get_or_create(
        tenant=policy.schema,
        owner_kind=owner_kind,
        owner_id=owner_id,
        defaults={
            "feature": feature,
            "account": target.account,
            "model": target.model,
            "own_key": bool(target.own_key_of),
            "interview_id": interview_id,
            "group_id": policy.group_id,
            "subject_id": subject_id,
            "prompt_version": prompt_version,
            "canary": canary.WORD,
            "deadline_at": deadline_at,
        },
    )
    if made:
        _owe(batch, requests)
    return batch


def _refuse_unfit(policy: TenantPolicy, target: Target, feature: str, count: int) -> None:
    fit = target.has_batch and features.named(feature).batch and 0 < count <= MOST_REQUESTS
    if not fit or policy.schema != tenancy.schema():
        raise NotBatchable(f"{feature} of {policy.schema} at {target.account}: {count} requests")


def _owe(batch: Batch, requests: Sequence[BatchRequest]) -> None:
    items = [BatchItem(batch=batch, cache_key=one.cache_key, body=json.dumps(dict(one.body))) for one in requests]
    BatchItem.objects.bulk_create(items)
    due.owe(KIND, batch.pk)
    enqueue("llm.run_batch", batch_id=batch.pk)


def waits_until(owner_kind: str, owner_id: UUID, *, lock: bool = False) -> datetime | None:
    """Until when the owner waits for its batch; None where there is none, or it is over, or the time has passed.

    :param lock: in a transaction: it is not over before the commit, so that its owner can be owed anew before that.
    """
    rows = Batch.objects.filter(tenant=tenancy.schema(), owner_kind=owner_kind, owner_id=owner_id)
    found = (rows.select_for_update() if lock else rows).filter(
        status__in=[Batch.Status.OWED, Batch.Status.SUBMITTED], deadline_at__gt=clock.now()
    )
    return found.values_list("deadline_at", flat=True).first()


def exists(owner_kind: str, owner_id: UUID) -> bool:
    """Whether the owner ever had a batch, however it ended."""
    return Batch.objects.filter(tenant=tenancy.schema(), owner_kind=owner_kind, owner_id=owner_id).exists()


@transaction.atomic
def purge(*, subject_id: UUID) -> int:
    """Let go of what is on its way about this person; their requests are emptied, and no answer is kept any more.

    :returns: how many batches were on their way.
    """
    found = Batch.objects.filter(tenant=tenancy.schema(), subject_id=subject_id).exclude(status=Batch.Status.DONE)
    ids = list(found.values_list("pk", flat=True))
    found.update(status=Batch.Status.FAILED, error="purged", fence=F("fence") + 1, lease_until=None)
    BatchItem.objects.filter(batch__in=ids).update(body=None)
    unsent = BatchItem.objects.filter(batch__in=ids, batch__sent_at=None)
    for batch_id, owner_id in set(unsent.values_list("batch_id", "batch__owner_id")):
        due.settle(KIND, batch_id)
        transaction.on_commit(partial(batch_money.release, owner_id), robust=True)
    unsent.update(status=BatchItem.Status.FAILED, error="purged")
    due.hasten(ids)
    return len(ids)


def run(*, batch_id: UUID) -> None:
    """Take the batch one step on, with nothing held while the provider is asked.

    :raises core.claims.AlreadyClaimed: another worker is at it, or it is over.
    :raises core.claims.LeaseLost: another worker, or a purge, took over; nothing more was written.
    :raises NotConnected: see `connect`.
    """
    if not _wiring:
        raise NotConnected
    batch = batch_states.claim(batch_id)
    try:
        target = _wiring[0].find_target(batch)
        if target is None:
            batch_states.give_back(batch, "no_target")
            return
        pool.give_back()
        Look(batch, target, _wiring[0].store, time.monotonic() + SECONDS).step()
    except WireError as error:
        _not_reached(batch, error.kind)


def _not_reached(batch: Batch, kind: str) -> None:
    log.warning("batch_not_reached", batch=str(batch.pk), status=batch.status, kind=kind)
    fatal, owed = kind in FATAL[Batch.Status(batch.status)], batch.status == Batch.Status.OWED
    late = batch_states.is_late(batch) and batch.status != Batch.Status.FAILED
    if fatal and not owed:
        batch_states.end(batch, Batch.Status.FAILED, batch.error or kind)
    elif fatal or late:
        batch_states.give_back(batch, kind)
    else:
        batch_states.put_off(batch)
