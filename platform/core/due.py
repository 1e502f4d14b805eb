"""What is owed: one public table of work that falls due, written in the transaction that owes it.

The row is the queue. A Celery message is a hint that saves waiting; the sweeper sends whatever is
still owed again. Nothing ever loops over the tenants.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models.functions import Now
from psycopg import sql

from core import audit, rows, tenancy
from core.ids import uuid7
from core.models import Due

BATCH = 500
FIRST_LOOK = timedelta(seconds=5)  # the message of the commit has this long before the sweeper sends another
LONGEST_PAUSE = timedelta(minutes=10)

# By hand: every answer owes and settles, and building a statement anew costs more than the database takes for it.
OWE = """
    INSERT INTO public.due (id, tenant, kind, object_id, due_at, attempts, error)
    VALUES (%s, %s, %s, %s, statement_timestamp() + make_interval(secs => %s), 0, '')
    ON CONFLICT (tenant, kind, object_id)
    DO UPDATE SET due_at = excluded.due_at, attempts = 0, failed_at = NULL, error = ''"""
SETTLE = "DELETE FROM public.due WHERE tenant = %s AND kind = %s AND object_id = %s"


class NotRetryable(Exception):
    """This work did not fail, or nothing retries its kind."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A row that fell due; `attempts` counts the times that the sweeper sent it."""

    tenant: str
    kind: str
    object_id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class Kind:
    """What to send for a kind (the task, its keyword for the object's id), and how a failure is retried.

    `slots` names those that the task holds (core.slots), and the queues that its messages are spread over.
    `any_status`: it is done for tenants too that aren't served (the removal of a closed one).
    """

    task: str
    keyword: str
    retry: Callable[[UUID], None] | None = None
    slots: str = ""
    any_status: bool = False


_kinds: dict[str, Kind] = {}


class UnknownKind(LookupError):
    """No app registered this kind of owed work."""


def register(
    kind: str,
    *,
    task: str,
    keyword: str,
    retry: Callable[[UUID], None] | None = None,
    slots: str = "",
    any_status: bool = False,
) -> None:
    """Say which task does a kind of owed work, and what retries it after a failure (called in AppConfig.ready)."""
    _kinds[kind] = Kind(task, keyword, retry, slots, any_status)


def with_slots() -> dict[str, str]:
    """The kinds whose tasks hold slots -> the name of these."""
    return {kind: known.slots for kind, known in _kinds.items() if known.slots}


def kind_of(kind: str) -> Kind:
    """:raises UnknownKind: if nobody registered it."""
    try:
        return _kinds[kind]
    except KeyError as error:
        raise UnknownKind(kind) from error


def owe(kind: str, object_id: UUID, *, after: timedelta = FIRST_LOOK) -> None:
    """Owe this work in the current transaction; owing it again moves its time and starts its attempts anew."""
    kind_of(kind)
    rows.execute(OWE, [uuid7(), tenancy.schema(), kind, object_id, after.total_seconds()])


def forget_tenant(schema: str) -> None:
    """The tenant was closed: nothing is owed for it any more."""
    Due.objects.filter(tenant=schema).delete()


def settle(kind: str, object_id: UUID) -> None:
    """The work was done, or is no longer wanted."""
    rows.execute(SETTLE, [tenancy.schema(), kind, object_id])


def rename(kind: str, object_id: UUID, *, to: str) -> None:
    """What a release before this one owed by the name `kind` is owed by another now."""
    Due.objects.filter(tenant=tenancy.schema(), kind=kind, object_id=object_id).update(kind=to)


def put_off(kind: str, object_id: UUID, *, by: timedelta) -> bool:
    """Somebody is at this work: the sweeper's next look comes `by` later. False: it is no longer owed."""
    owed = Due.objects.filter(tenant=tenancy.schema(), kind=kind, object_id=object_id, failed_at=None)
    return owed.update(due_at=Now() + by) == 1


def hasten(object_ids: list[UUID]) -> None:
    """Let the next sweep look at this work: whoever was at it ended."""
    Due.objects.filter(object_id__in=object_ids, failed_at=None, due_at__gt=Now()).update(due_at=Now())


def look_when_free(model: type[models.Model], pk: UUID) -> None:
    """Let the sweeper look at the work on this row again when the lease on it is over, and not before."""
    statement = sql.SQL(
        "UPDATE public.due SET due_at = held.lease_until FROM {} AS held WHERE held.id = %s"
        " AND held.lease_until > statement_timestamp() AND due.tenant = %s AND due.object_id = held.id"
    ).format(sql.Identifier(model._meta.db_table))
    rows.execute(statement.as_string(), [pk, tenancy.schema()])


def fail(kind: str, object_id: UUID, error: str) -> None:
    """The work failed for good: keep it visible across tenants until somebody retries it."""
    owed = Due.objects.filter(tenant=tenancy.schema(), kind=kind, object_id=object_id)
    owed.update(failed_at=Now(), error=error[:60])


def retry(failed: Due) -> None:
    """Retry failed work inside its tenant, through the service of the app that owns it; the platform's trail says so.

    :raises NotRetryable: if it did not fail, or its kind has no retry.
    :raises UnknownKind: if no app of this release does it.
    """
    again = kind_of(failed.kind).retry
    if failed.failed_at is None or again is None:
        raise NotRetryable(str(failed))
    with transaction.atomic():
        with tenancy.enter(failed.tenant):
            again(failed.object_id)
        with tenancy.enter_platform():
            audit.record("due.retried", failed, tenant=failed.tenant, kind=failed.kind, object_id=str(failed.object_id))


def sweep(
    send: Callable[[Owed], None], *, only: Collection[str] = (), but: Collection[str] = (), most: int = BATCH
) -> int:
    """Take what is due (at most `most` rows, SKIP LOCKED), put its next look off, and send a hint for each.

    `only` these kinds (all, if none is named), `but` not those.

    The first looks come every five seconds, then the pause doubles. A hint that finds the work under a lease moves the
    next look to its end (`look_when_free`), so that what a killed worker held waits little longer. Rows of tenants that
    aren't served wait.
    :returns: how many hints were sent.
    """
    # Materialised: planned as a part of the update, the choice could be made again for each row, beyond `most`.
    statement = """
        WITH picked AS MATERIALIZED (
            SELECT due.id FROM public.due JOIN public.tenants_tenant tenant ON tenant.schema_name = due.tenant
             WHERE (tenant.status = 'ready' OR (tenant.status = 'closing' AND tenant.suspended_at IS NULL)
                    OR kind = ANY(%s)) AND due_at <= now() AND failed_at IS NULL
               AND (cardinality(%s::text[]) = 0 OR kind = ANY(%s)) AND kind <> ALL(%s)
             ORDER BY due_at LIMIT %s FOR UPDATE OF due SKIP LOCKED)
        UPDATE public.due SET attempts = attempts + 1,
               due_at = now() + least(interval '5 seconds' * power(2, least(greatest(attempts - 3, 0), 10)),
                                      make_interval(secs => %s))
          FROM picked WHERE due.id = picked.id
        RETURNING tenant, kind, object_id, attempts"""
    always = [kind for kind, known in _kinds.items() if known.any_status]
    with connection.cursor() as cursor:
        cursor.execute(statement, [always, list(only), list(only), list(but), most, LONGEST_PAUSE.total_seconds()])
        found = [Owed(*row) for row in cursor.fetchall()]
    for owed in found:
        send(owed)
    return len(found)


def failed_count() -> int:
    """How much failed for good, over all tenants."""
    return Due.objects.exclude(failed_at=None).count()


def backlog() -> int:
    """How many rows are due now and wait for a sweep."""
    return Due.objects.filter(due_at__lte=Now(), failed_at=None).count()
