"""Keys of accounts, read where a row says: env:NAME, file:/path, aws:secret-id#field, vault:mount/path#field, none:,
or own: (the platform has none, and tenants bring theirs).

A key is kept in the process for minutes and read anew then, or at once after the provider refused it (`forget`), so
that a rotated one needs no restart. While its place does not answer, the last one stays in use for a quarter of an
hour. Nothing here writes a key anywhere.
"""

import threading
import time
from pathlib import Path

import structlog

from llm import environment, key_readers, metrics

OWN = "own:"
FRESH_SECONDS = 180.0
USABLE_SECONDS = 900.0
PAUSE_SECONDS = 2.0  # between two reads of a place that does not answer, or of a key that is refused again

log = structlog.get_logger()


class NoKey(LookupError):
    """There is no key where the row says, or its place did not answer."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source} {why}.")
        self.source, self.why = source, why


class _Kept:
    """What is known of one source. Times are of time.monotonic()."""

    def __init__(self) -> None:
        self.lock = threading.Lock()  # held by the one thread that reads
        self.key: str | None = None
        self.read_at = self.fresh_until = self.pause_until = 0.0
        self.refused = False  # by the provider: nobody gets it while a thread reads anew
        self.refused_at = 0.0
        self.why = ""


_all: dict[str, _Kept] = {}
_making = threading.Lock()


def read(source: str) -> str:
    """The key; "" for `none:`. A secrets manager is asked by one thread at a time, for at most some seconds.

    :raises NoKey: names the source and the reason, never the key.
    :raises core.pool.HeldDuringCall: if a manager must be asked inside a transaction.
    """
    kind, _colon, name = source.partition(":")
    if kind in ("env", "none", "own"):
        return _read_now(source, kind, name)
    kept = _kept(source)
    now = time.monotonic()
    if kept.key is not None and now < kept.fresh_until:
        return kept.key
    usable = kept.key is not None and not kept.refused and now < kept.read_at + USABLE_SECONDS
    if not kept.lock.acquire(blocking=not usable):
        assert kept.key is not None
        return kept.key  # another thread reads it anew
    try:
        return _refreshed(kept, source, kind, name)
    finally:
        kept.lock.release()


def forget(source: str, key: str | None = None) -> None:
    """The provider refused this key: the next read asks its place again, unless another one was read meanwhile."""
    kept = _kept(source)
    if time.monotonic() < kept.pause_until or (key is not None and key != kept.key):
        return
    kept.refused, kept.refused_at, kept.fresh_until = True, time.monotonic(), 0.0


def renewed(source: str, refused: str) -> str:
    """The key that took the place of the refused one; "" where that still is the one, or its place does not answer."""
    forget(source, refused)
    try:
        key = read(source)
    except NoKey:
        return ""
    return "" if key == refused else key


def forget_all() -> None:
    """As in a new process."""
    with _making:
        _all.clear()


def why_missing(source: str) -> str:
    """Why there can't be a key, by a cheap look; "" where there is one, or only a secrets manager could say."""
    kind, _colon, name = source.partition(":")
    if source == OWN:
        return f"{source} is for keys of tenants' own alone"
    if kind == "env" and not environment.values().get(name):
        return f"{source} is not set"
    if kind == "file" and not _has_content(Path(name)):
        return f"{source} can't be read or is empty"
    return ""


def _has_content(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _kept(source: str) -> _Kept:
    kept = _all.get(source)
    if kept is None:
        with _making:
            kept = _all.setdefault(source, _Kept())
    return kept


def _refreshed(kept: _Kept, source: str, kind: str, name: str) -> str:
    """Called by the holder of the lock; what others found while this thread waited for it counts too."""
    now = time.monotonic()
    if kept.key is not None and now < kept.fresh_until:
        return kept.key
    if now >= kept.pause_until:
        try:
            return _take(kept, _read_now(source, kind, name), asked_at=now)
        except NoKey as error:
            kept.pause_until, kept.why = time.monotonic() + PAUSE_SECONDS, error.why
    return _last(kept, source, kind)


def _take(kept: _Kept, key: str, *, asked_at: float) -> str:
    """Keep what was read. A key that was refused and is still there is not asked for again at each refusal."""
    now = time.monotonic()
    if kept.refused and key == kept.key:
        if kept.refused_at > asked_at:  # what was read may be older than the refusal: whoever met that looks again
            return key
        kept.pause_until = now + PAUSE_SECONDS
    kept.key, kept.read_at, kept.fresh_until, kept.refused = key, now, now + FRESH_SECONDS, False
    return key


def _last(kept: _Kept, source: str, kind: str) -> str:
    """:raises NoKey: if there is no last key, or it is too old."""
    if kept.key is None or time.monotonic() >= kept.read_at + USABLE_SECONDS:
        raise NoKey(source, kept.why)
    metrics.key_reads.labels(kind, "last").inc()
    log.warning("llm_key_not_refreshed", source=source, why=kept.why)
    return kept.key


def _read_now(source: str, kind: str, name: str) -> str:
    try:
        key = key_readers.read(kind, name)
    except key_readers.Unreadable as error:
        metrics.key_reads.labels(kind if kind in key_readers.KINDS else "unknown", "failed").inc()
        raise NoKey(source, str(error)) from None
    metrics.key_reads.labels(kind, "ok").inc()
    return key
