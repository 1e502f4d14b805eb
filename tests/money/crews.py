"""Processes of the operating system's own, made quickly: each is a copy of one that has read Candor's code."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from core import clock
from interviews.models import Interview
from interviews.tests import make
from tests.money import acts

PATIENCE = 120
LONGEST = 900
FIRST = 2  # the number of the first of the attempts that `attempts` makes


@dataclass(slots=True)
class Worker:
    """A process and the line to it."""

    process: BaseProcess
    line: Connection

    def hear(self, seconds: float = PATIENCE) -> Any:
        """What it says next.

        :raises AssertionError: if it says nothing for so long, or ended.
        """
        assert self.line.poll(seconds), f"nothing heard; exit code {self.process.exitcode}"
        return self.line.recv()

    def kill(self) -> None:
        """SIGKILL: no goodbye, nothing is put in order."""
        assert self.process.pid is not None
        self.process.kill()
        self.process.join(PATIENCE)
        self.line.close()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How all the starts of a crew ended together, and in how many seconds."""

    outcomes: Counter[str]
    seconds: float


def attempts(count: int) -> list[Interview]:
    """So many consented attempts of one application, made in bulk; numbered from FIRST on."""
    one = make.consented(make.invited())
    now = clock.now()
    rows = [
        Interview(
            application=one.application,
            number=FIRST + place,
            version=one.version,
            subject_id=one.subject_id,
            status=Interview.Status.CONSENTED,
            expires_at=one.expires_at,
            opened_at=now,
        )
        for place in range(count)
    ]
    return Interview.objects.bulk_create(rows, batch_size=1000)


def begin(target: Callable[..., None], *arguments: Any) -> Worker:
    """Start a process that calls `target` with the arguments and its end of the line."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.money.acts"])
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def start_all(processes: int, each: int, *, broken: bool = False) -> Outcome:
    """So many processes that start `each` interviews at the same time."""
    place = acts.here()
    with _ended(
        [
            begin(acts.start_each, place, range(FIRST + number * each, FIRST + (number + 1) * each), broken)
            for number in range(processes)
        ]
    ) as crew:
        assert [worker.hear() for worker in crew] == ["ready"] * processes
        for worker in crew:
            worker.line.send("go")
        said = [worker.hear(LONGEST) for worker in crew]
        for worker in crew:
            worker.line.send("end")
        for worker in crew:
            worker.process.join(PATIENCE)
    seconds = max(end for _, _, end in said) - min(began for _, began, _ in said)
    return Outcome(sum((outcomes for outcomes, _, _ in said), Counter()), seconds)


@contextmanager
def _ended(crew: list[Worker]) -> Iterator[list[Worker]]:
    """Whatever happens, none of them is left."""
    try:
        yield crew
    finally:
        for worker in crew:
            if worker.process.is_alive() and worker.process.pid is not None:
                worker.process.kill()
                worker.process.join(PATIENCE)
