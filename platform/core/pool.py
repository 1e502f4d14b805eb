"""Pooled connections are held for statements, never for a network call, and bring nothing of their last tenant."""

from typing import Any

from django.db import InterfaceError, OperationalError, connections
from psycopg import Connection

AWAY = (OperationalError, InterfaceError)  # the database is away or busy: whatever it was may be tried again


class HeldDuringCall(RuntimeError):
    """A transaction is open where a network call is about to begin."""


def forget_schema(connection: Connection[Any]) -> None:
    """Clear the last tenant's search_path before the connection goes back to the pool.

    Whoever takes it sets an own one first; should that ever fail, no tenant's table is found, instead of another's.
    """
    connection.execute("SET search_path = public")
    if not connection.autocommit:
        connection.commit()


def refuse_if_held() -> None:
    """:raises HeldDuringCall: inside a transaction. A test case's own one does not count."""
    for connection in connections.all(initialized_only=True):
        if any(not block._from_testcase for block in connection.atomic_blocks):  # type: ignore[attr-defined]
            raise HeldDuringCall(connection.alias)


def give_back() -> None:
    """Return this thread's connections to their pools: a network call begins.

    :raises HeldDuringCall: inside a transaction. A test case's own one does not count.
    """
    refuse_if_held()
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.atomic_blocks:
            connection.close()
