"""One at a time, across processes and machines: advisory locks in the owner's database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connections

OWNER = "owner"
WAIT_SECONDS = 600
TAKE = "SELECT pg_advisory_lock(hashtextextended('candor ' || %s, 0))"
TRY = "SELECT pg_try_advisory_lock(hashtextextended('candor ' || %s, 0))"
TAKE_UNTIL_COMMIT = "SELECT pg_advisory_xact_lock(hashtextextended('candor ' || %s, 0))"


class StillHeld(RuntimeError):
    """Another process does the same and did not end in time."""


def tables_of(schema: str) -> str:
    """The name of the lock that whoever makes or migrates the tables of this schema holds."""
    return f"tables of {schema}"


@contextmanager
def held(name: str, *, waiting: Callable[[], None] = lambda: None, seconds: int = 0) -> Iterator[None]:
    """Hold the lock of this name, on a connection of its own: it is free again when this process ends, however it ends.

    `waiting` is called when another holds it.

    :raises StillHeld: after so many seconds, or WAIT_SECONDS.
    """
    connection: Any = connections[OWNER].copy()
    try:
        _take(connection, name, waiting, seconds or WAIT_SECONDS)
        yield
    finally:
        connection.close()


def until_commit(name: str) -> None:
    """Hold the lock of this name until the owner's open transaction ends."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(TAKE_UNTIL_COMMIT, [name])


def _take(connection: Any, name: str, waiting: Callable[[], None], seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TRY, [name])
        if cursor.fetchone()[0]:
            return
        waiting()
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{seconds}s"])
        try:
            cursor.execute(TAKE, [name])
        except OperationalError as error:
            raise StillHeld(f"Another process holds {name!r}.") from error
