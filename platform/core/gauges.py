"""Gauges that need a look elsewhere: a queue's length, a table's rows. Looked up when somebody scrapes.

Each source is asked at most once in its time, in a thread of its own, under a time limit. A source that
fails or is late has no series in that scrape, and `candor_scrape_errors_total` says so.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import structlog
from django.db import connection, transaction
from prometheus_client import Counter
from prometheus_client.core import Metric

from core import pool, tenancy

LIMIT = 2.0  # seconds that a scrape waits for all its sources together
STATEMENT_LIMIT = "1500ms"

Look = Callable[[], Iterable[Metric]]
log = structlog.get_logger()
errors = Counter("candor_scrape_errors", "Sources of gauges that failed or were late in a scrape", ["source"])


class Source:
    """Where some gauges come from; what it said is kept for `keep` seconds."""

    def __init__(self, name: str, look: Look, keep: float) -> None:
        self.name, self.keep = name, keep
        self._look = look
        self._lock = threading.Lock()
        self._said: Future[list[Metric]] | None = None
        self._asked_at = 0.0
        errors.labels(name)

    def ask(self, threads: ThreadPoolExecutor) -> "Future[list[Metric]]":
        """What it says: an answer that is young enough or still awaited, else a new question."""
        with self._lock:
            if self._said is None or (self._said.done() and not self._is_young()):
                self._asked_at = time.monotonic()
                self._said = threads.submit(self._run)
            return self._said

    def _is_young(self) -> bool:
        assert self._said is not None
        return self._said.exception() is None and time.monotonic() - self._asked_at < self.keep

    def _run(self) -> list[Metric]:
        try:
            return list(self._look())
        finally:
            pool.give_back()


_sources: dict[str, Source] = {}
_threads = ThreadPoolExecutor(max_workers=6, thread_name_prefix="gauges")


def register(name: str, look: Look, *, keep: float = 5.0) -> None:
    """Have `look` called for scrapes, at most every `keep` seconds (in AppConfig.ready)."""
    _sources[name] = Source(name, look, keep)


def families() -> list[Metric]:
    """The gauges of all sources that answered in time; never an exception."""
    until = time.monotonic() + LIMIT
    asked = [(source, source.ask(_threads)) for source in _sources.values()]
    return [family for source, said in asked for family in _answer(source, said, until)]


def _answer(source: Source, said: "Future[list[Metric]]", until: float) -> list[Metric]:
    try:
        return said.result(timeout=max(0.0, until - time.monotonic()))
    except Exception as error:
        errors.labels(source.name).inc()
        log.warning("scrape_source_failed", source=source.name, error=type(error).__name__)
        return []


@contextmanager
def quick_look() -> Iterator[None]:
    """The public schema, in a transaction in which no statement may take long."""
    with tenancy.enter_platform(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [STATEMENT_LIMIT])
        yield
