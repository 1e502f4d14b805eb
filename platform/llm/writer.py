"""The ledger's pen: one thread of a process writes its rows, those that wait together in one transaction.

A statement of its own costs a call four round trips to PostgreSQL: a connection out of the pool, looked at, pointed to
a schema, and the statement. The pen keeps its connection while there is something to write.
"""

import atexit
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.db import connection, transaction
from psycopg.errors import UniqueViolation

from core import pool, tenancy
from core.pool import AWAY

FEW_AT_ONCE, MOST_AT_ONCE = 5, 200  # of the rest only as many as hold up a row for milliseconds, unless many wait
MOST_WAITING = 20_000
# Nobody waits for how a call ended, but the next call's row would wait behind it.
GATHER_SECONDS, LONGEST_GATHER_SECONDS = 0.02, 0.5  # while no row is waited for, and at most
IDLE_SECONDS = 1.0  # then the connection goes back to its pool
WAIT_SECONDS = 10.0  # for a row to be written
KEPT_SECONDS = 120.0  # what nobody waits for is tried again for so long while the database is away
PAUSE_SECONDS = 0.25
AT_EXIT_SECONDS = 5.0

log = structlog.get_logger()


class NotWritten(Exception):
    """The database did not take the row in time."""


class Written(RuntimeError):
    """Raised by what is to be written: an earlier try has written it."""


@dataclass(slots=True, eq=False)
class _Entry:
    """Something to write, once; `done` is set when it was, or `error` says why not.

    `unsure`: the connection broke at a try before, perhaps between the commit and its acknowledgement.
    """

    write: Callable[[], None]
    done: threading.Event | None
    until: float
    error: Exception | None = field(default=None)
    unsure: bool = field(default=False)

    def is_given_up(self) -> bool:
        """Whether whoever waited for it has gone: it must not be written any more."""
        return self.done is not None and time.monotonic() >= self.until

    def end(self, error: Exception | None = None) -> None:
        self.error = error
        if self.done is not None:
            self.done.set()
        elif error is not None:
            log.error("llm_ledger_entry_lost", error=type(error).__name__)


def now(write: Callable[[], None]) -> None:
    """Have it written, and wait for the commit.

    :raises NotWritten: if the database is away or too slow.
    """
    if connection.in_atomic_block:
        write()  # a test's transaction is nobody else's to see
        return
    pool.give_back()  # or every connection could be held by who waits for the pen
    entry = _Entry(write, threading.Event(), time.monotonic() + WAIT_SECONDS)
    _pen.put(entry)
    assert entry.done is not None
    if not entry.done.wait(WAIT_SECONDS) or entry.error is not None:
        raise NotWritten from entry.error


def later(write: Callable[[], None]) -> None:
    """Have it written within a moment, after what others wait for; nobody waits for it."""
    if connection.in_atomic_block:
        write()
        return
    _pen.put(_Entry(write, None, time.monotonic() + KEPT_SECONDS))


def flush(seconds: float = AT_EXIT_SECONDS) -> bool:
    """Wait until all is written that was given before; False if it was not in time."""
    return _pen.flush(seconds)


class _Pen:
    """The thread. What is waited for goes first; the rest is gathered for a moment."""

    def __init__(self) -> None:
        self._awaited: deque[_Entry] = deque()
        self._rest: deque[_Entry] = deque()
        self._since = 0.0  # when the first of the rest came
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._writes = self._hurries = False

    def put(self, entry: _Entry) -> None:
        """:raises NotWritten: if too much waits already and the database does not come back in time."""
        with self._change:
            if not self._change.wait_for(self._has_room, WAIT_SECONDS):
                raise NotWritten
            if entry.done is None and not self._rest:
                self._since = time.monotonic()
            (self._rest if entry.done is None else self._awaited).append(entry)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="llm-ledger", daemon=True)
                self._thread.start()
            elif entry.done is not None or len(self._rest) in (1, MOST_AT_ONCE):
                self._change.notify_all()

    def flush(self, seconds: float) -> bool:
        with self._change:
            self._hurries = True
            self._change.notify_all()
            try:
                return self._change.wait_for(self._is_idle, seconds)
            finally:
                self._hurries = False

    def _has_room(self) -> bool:
        return len(self._awaited) + len(self._rest) < MOST_WAITING

    def _is_idle(self) -> bool:
        return not (self._awaited or self._rest or self._writes)

    def _run(self) -> None:
        with tenancy.enter_platform():
            while True:
                batch = self._next()
                if batch:
                    self._write(batch)
                else:
                    pool.give_back()

    def _next(self) -> list[_Entry]:
        """What is to be written together; nothing when there was nothing for IDLE_SECONDS."""
        with self._change:
            self._writes = False
            self._change.notify_all()
            while not (self._awaited or self._left() <= 0):
                if not self._change.wait(min(self._left(), IDLE_SECONDS)) and not self._rest:
                    return []
            late = self._left() <= GATHER_SECONDS - LONGEST_GATHER_SECONDS
            many = late or len(self._rest) >= MOST_AT_ONCE
            batch = _taken(self._awaited, MOST_AT_ONCE)
            if many or not batch:
                batch += _taken(self._rest, MOST_AT_ONCE if many else FEW_AT_ONCE)
            self._writes = True
            return batch

    def _left(self) -> float:
        """Seconds for which the rest is gathered yet."""
        if not self._rest:
            return math.inf
        if self._hurries or len(self._rest) >= MOST_AT_ONCE:
            return 0.0
        return self._since + GATHER_SECONDS - time.monotonic()

    def _write(self, batch: list[_Entry]) -> None:
        """All together; where that fails none was written, and each is tried on its own while the database is away."""
        batch = [entry for entry in batch if not entry.is_given_up()]
        error = self._try(batch) if batch else None
        if error is not None and len(batch) > 1:
            for entry in batch:
                self._write([entry])
            return
        while isinstance(error, AWAY) and time.monotonic() < batch[0].until:
            time.sleep(PAUSE_SECONDS)
            error = self._try(batch)
        for entry in batch:  # what is there already after an unsure try was written by that
            entry.end(None if entry.unsure and _is_there(error) else error)

    def _try(self, batch: list[_Entry]) -> Exception | None:
        try:
            if len(batch) == 1:
                batch[0].write()
            else:
                with transaction.atomic():
                    for entry in batch:
                        entry.write()
        except AWAY as error:
            connection.close()
            for entry in batch:
                entry.unsure = True
            return error
        except Exception as error:
            return error
        return None


def _taken(waiting: deque[_Entry], most: int) -> list[_Entry]:
    return [waiting.popleft() for _ in range(min(len(waiting), most))]


def _is_there(error: Exception | None) -> bool:
    return isinstance(error, Written) or (error is not None and isinstance(error.__cause__, UniqueViolation))


_pen = _Pen()
atexit.register(flush)
