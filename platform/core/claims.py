"""Claims: one worker at a time works on a row, and a late one changes nothing.

A claim is one UPDATE that moves the row to its working state, raises its fence and sets a lease in
database time. While the claim is open a single thread of the process renews every open lease with one
statement a table. Recording is an UPDATE guarded by the fence. Where the database breaks off, the same thread
ends the lease as soon as the database is back, so that nobody waits for it to run out.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, TypeAlias
from uuid import UUID

import structlog
from django.db import connection, models
from psycopg import sql

from core import due, pool, rows, state, tenancy

# What a killed worker held waits for the end of its lease and the sweeper's next round (3 s): under 15 s in all from
# the moment at which another worker is there.
LEASE = timedelta(seconds=10)
RENEW_SECONDS = 3.0
RETRY_SECONDS = 0.5

log = structlog.get_logger()


class AlreadyClaimed(Exception):
    """Another worker holds the lease, or the work was done."""


class LeaseLost(Exception):
    """The lease went to another worker before this one recorded its result."""


class Claimable(models.Model):
    """A row that workers claim. Subclasses define `status`, TRANSITIONS, WAITING and WORKING."""

    WAITING: str
    WORKING: str

    lease_until = models.DateTimeField(null=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


@dataclass(slots=True, eq=False)
class Claim:
    """An open claim on `row`."""

    row: Any
    schema: str
    fence: int
    attempts: int
    closed: bool = field(default=False)

    def record(self, to: str, **changes: Any) -> None:
        """Move the row on and end the lease, if this claim still holds it.

        :raises LeaseLost: if another worker took over; the caller's transaction must roll back.
        """
        held = {"id": self.row.pk, "fence": self.fence, "status": self.row.WORKING}
        values = {"status": to, "lease_until": None, **state.sealed(self.row, changes)}
        if rows.update(type(self.row), values, where=held) != 1:
            raise LeaseLost(f"{type(self.row).__name__} {self.row.pk} fence {self.fence}")
        self.closed = True
        for name, value in {"status": to, **changes}.items():
            setattr(self.row, name, value)


Tables: TypeAlias = dict[tuple[str, str], list[Claim]]  # by schema and table


@contextmanager
def take(model: type[Claimable], pk: UUID, **changes: Any) -> Iterator[Claim]:
    """Claim the row, commit, and keep its lease renewed while the block runs.

    `changes` are set in the same UPDATE. A row that waits, or whose lease is over, can be claimed.

    :raises AlreadyClaimed: if it can't; the sweeper then looks again when the lease is over.
    """
    values = {"pk": pk, "working": model.WORKING, "waiting": model.WAITING, "lease": LEASE, **changes}
    row = next(iter(model._default_manager.raw(_taking(model, tuple(changes)), values)), None)
    if row is None:
        due.look_when_free(model, pk)
        raise AlreadyClaimed(f"{model.__name__} {pk}")
    claim = Claim(row=row, schema=tenancy.schema(), fence=row.fence, attempts=row.attempts)
    _renewer.watch(claim)
    try:
        yield claim
    except pool.AWAY:
        _renewer.abandon(claim)
        raise
    finally:
        _renewer.leave(claim)


@cache
def _taking(model: type[Claimable], changes: tuple[str, ...]) -> str:
    """One UPDATE that takes the row if it is free, and returns it as it is then."""
    more = [sql.SQL(", {} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in changes]
    return (
        sql.SQL(
            "UPDATE {table} SET status = %(working)s, lease_until = statement_timestamp() + %(lease)s,"
            " fence = fence + 1, attempts = attempts + 1{more} WHERE id = %(pk)s AND (status = %(waiting)s"
            " OR (status = %(working)s AND lease_until < statement_timestamp())) RETURNING *"
        )
        .format(table=sql.Identifier(model._meta.db_table), more=sql.Composed(more))
        .as_string()
    )


class _Renewer:
    """The thread that renews every open lease of this process."""

    def __init__(self) -> None:
        self._open: dict[int, Claim] = {}
        self._abandoned: list[Claim] = []
        self._abandon = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, claim: Claim) -> None:
        with self._lock:
            self._open[id(claim)] = claim
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="lease-renewer", daemon=True)
                self._thread.start()

    def leave(self, claim: Claim) -> None:
        with self._lock:
            self._open.pop(id(claim), None)

    def abandon(self, claim: Claim) -> None:
        """Have its lease ended, now or when the database is back."""
        with self._lock:
            self._abandoned.append(claim)
        self._abandon.set()

    def _run(self) -> None:
        while True:
            self._abandon.wait(RETRY_SECONDS if self._abandoned else RENEW_SECONDS)
            self._abandon.clear()
            try:
                self.renew()
                self.end_abandoned()
            except Exception:
                log.warning("lease_renewal_failed", exc_info=True)
            finally:
                connection.close()

    def end_abandoned(self) -> None:
        """What can't be ended now stays for the next time; what was recorded after all has no lease any more."""
        with self._lock:
            claims = list(self._abandoned)
        if not claims:
            return
        with tenancy.enter_platform():
            due.hasten(_ended(_by_table(claims)))
        with self._lock:
            self._abandoned = [claim for claim in self._abandoned if claim not in claims]

    def renew(self) -> None:
        """One statement for each table with open claims."""
        with self._lock:
            tables = _by_table(claim for claim in self._open.values() if not claim.closed)
        for (schema, table), claims in tables.items():
            statement = sql.SQL(
                "UPDATE {} AS row SET lease_until = now() + make_interval(secs => %s) "
                "FROM unnest(%s::uuid[], %s::int[]) AS held(id, fence) "
                "WHERE row.id = held.id AND row.fence = held.fence AND row.lease_until IS NOT NULL"
            ).format(sql.Identifier(schema, table))
            with connection.cursor() as cursor:
                cursor.execute(
                    statement, [LEASE.total_seconds(), [c.row.pk for c in claims], [c.fence for c in claims]]
                )

    def take_all(self) -> Tables:
        """The open claims, renewed no more."""
        with self._lock:
            claims, self._open = self._open, {}
        return _by_table(claim for claim in claims.values() if not claim.closed)


_renewer = _Renewer()


def _by_table(claims: Iterable[Claim]) -> Tables:
    tables: Tables = defaultdict(list)
    for claim in claims:
        tables[claim.schema, claim.row._meta.db_table].append(claim)
    return tables


def release() -> list[UUID]:
    """End every lease that this process holds, because it ends: the next worker need not wait for them to run out.

    A result that is recorded before anybody else claims the row still counts.

    :returns: the ids of the rows.
    """
    return _ended(_renewer.take_all())


def _ended(tables: Tables) -> list[UUID]:
    """End these leases, if nobody else holds them by now; the ids of the rows."""
    released: list[UUID] = []
    for (schema, table), claims in tables.items():
        statement = sql.SQL(
            "UPDATE {} AS row SET lease_until = now() FROM unnest(%s::uuid[], %s::int[]) AS held(id, fence) "
            "WHERE row.id = held.id AND row.fence = held.fence AND row.lease_until IS NOT NULL RETURNING row.id"
        ).format(sql.Identifier(schema, table))
        with connection.cursor() as cursor:
            cursor.execute(statement, [[c.row.pk for c in claims], [c.fence for c in claims]])
            released += [row[0] for row in cursor.fetchall()]
    return released
