"""The ledger's pen: one thread of a process writes its rows, those that wait together in one transaction.

A statement of its own costs a call four round trips to PostgreSQL: a connection out of the pool, looked at, pointed to
a schema, and the statement. The pen keeps its connection while there is something to write.
"""

import atexit
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from django.db import connection, transaction

from core import pool, tenancy
from core.pool import AWAY

MOST_AT_ONCE = 200
MOST_WAITING = 20_000
IDLE_SECONDS = 1.0  # then the connection goes back to its pool
WAIT_SECONDS = 10.0  # for a row to be written
KEPT_SECONDS = 120.0  # what nobody waits for is tried again for so long while the database is away
PAUSE_SECONDS = 0.25
AT_EXIT_SECONDS = 5.0

log = structlog.get_logger()


class NotWritten(Exception):
    """The database did not take the row in time."""


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
    """Have it written after what was given before; nobody waits for it."""
    if connection.in_atomic_block:
        write()
        return
    _pen.put(_Entry(write, None, time.monotonic() + KEPT_SECONDS))


def flush(seconds: float = AT_EXIT_SECONDS) -> bool:
    """Wait until all is written that was given before; False if it was not in time."""
    return _pen.flush(seconds)


class _Pen:
    """The thread."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Entry] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, entry: _Entry) -> None:
        """Entries beyond MOST_WAITING wait for the pen like those that are waited for."""
        self._waiting.put(entry, timeout=WAIT_SECONDS)
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="llm-ledger", daemon=True)
                    self._thread.start()

    def flush(self, seconds: float) -> bool:
        if self._thread is None or not self._thread.is_alive():
            return self._waiting.empty()
        done = threading.Event()
        self.put(_Entry(lambda: None, done, time.monotonic() + seconds))
        return done.wait(seconds)

    def _run(self) -> None:
        with tenancy.enter_platform():
            while True:
                try:
                    batch = [self._waiting.get(timeout=IDLE_SECONDS)]
                except queue.Empty:
                    pool.give_back()
                    continue
                while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                    batch.append(self._waiting.get_nowait())
                self._write(batch)

    def _write(self, batch: list[_Entry]) -> None:
        """All together; where that fails none was written, and each is tried on its own while the database is away."""
        error = self._try(batch)
        if error is not None and len(batch) > 1:
            for entry in batch:
                self._write([entry])
            return
        while isinstance(error, AWAY) and time.monotonic() < batch[0].until:
            time.sleep(PAUSE_SECONDS)
            error = self._try(batch)
        for entry in batch:  # what was refused after an unsure try was written by that
            entry.end(None if entry.unsure and not isinstance(error, AWAY) else error)

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


_pen = _Pen()
atexit.register(flush)
