"""Pooled database connections are held for statements, and never for a network call.

A connection rests in its pool with the search_path of its last tenant: whoever takes it sets an own one before the
first statement (django-tenants forgets what was set when a connection is closed), so clearing it as well would be
a round trip for nothing.
"""

from django.db import connections


class HeldDuringCall(RuntimeError):
    """A transaction is open where a network call is about to begin."""


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
        if not connection.atomic_blocks:
            connection.close()
