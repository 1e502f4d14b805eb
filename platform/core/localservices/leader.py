"""One `make run` and one test run a folder: who leads it, and the processes it started, kept across its own death."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.localservices import state
from core.localservices.errors import ServiceError
from core.localservices.processes import Known
from core.localservices.service import home


@contextmanager
def leading(var: Path, what: str) -> Iterator[Callable[[Iterable[Known]], None]]:
    """Lead the folder until the block ends; what a killed leader left running is ended first.

    :returns: a function that remembers the processes this leader started.
    :raises ServiceError: if somebody leads it already.
    """
    place = home(var)
    with state.opened(place) as notes:
        notes.prune()
        if notes.leader is not None:
            raise ServiceError(f"{notes.leads} uses {var} already (process {notes.leader.pid}): stop it first.")
        notes.leader, notes.leads, notes.children = Known.me(), what, []

    def remember(children: Iterable[Known]) -> None:
        with state.opened(place) as notes:
            notes.children = list(children)

    try:
        yield remember
    finally:
        with state.opened(place) as notes:
            notes.leader, notes.leads, notes.children = None, "", []
