"""Processes we remember across crashes: a pid alone may be reused, a pid with its start time is not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

CLOCK_SLACK = 2.0  # seconds; the system may correct its boot time while a process lives


@dataclass(frozen=True, slots=True)
class Known:
    """A process by `pid` and `started` (seconds since 1970)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Known | None:
        """The process that has this pid now, if any."""
        try:
            return cls(pid=pid, started=psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    @classmethod
    def me(cls) -> Known:
        return cls(pid=os.getpid(), started=psutil.Process().create_time())

    def process(self) -> psutil.Process | None:
        """The living process, or None when it ended, is a zombie, or the pid belongs to somebody else now."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < CLOCK_SLACK
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None

    def alive(self) -> bool:
        return self.process() is not None


def known(pids: Iterable[int]) -> list[Known]:
    """Those of these pids that live."""
    return [found for pid in pids if (found := Known.of(pid)) is not None]


def end_all(doomed: Iterable[Known], *, patience: float = 5.0) -> None:
    """End these processes and what they started: SIGTERM, then SIGKILL after `patience` seconds."""
    processes = _with_children(doomed)
    for process in processes:
        send(process, signal.SIGTERM)
    for process in wait_gone(processes, patience):
        send(process, signal.SIGKILL)
    wait_gone(processes, patience)


def wait_gone(processes: Iterable[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Wait until they ended; returns those that did not.

    A zombie has ended: in a container nobody may ever collect it, so psutil's own wait would not return.
    """
    deadline = time.monotonic() + timeout
    living = [process for process in processes if _runs(process)]
    while living and time.monotonic() < deadline:
        time.sleep(0.01)
        living = [process for process in living if _runs(process)]
    return living


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Signal a process that may just have ended."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _with_children(doomed: Iterable[Known]) -> list[psutil.Process]:
    found: dict[int, psutil.Process] = {}
    for entry in doomed:
        process = entry.process()
        if process is None:
            continue
        with suppress(psutil.Error):  # it may end meanwhile
            found.update({child.pid: child for child in process.children(recursive=True)})
        found[process.pid] = process
    return list(found.values())


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
