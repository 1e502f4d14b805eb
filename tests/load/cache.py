"""Bar 10: an answer that is kept, and one call for many identical questions at once."""

from __future__ import annotations

from secrets import token_hex

from tests.load.asking import Asked, asked
from tests.load.callers import Caller
from tests.load.lines import Lines, percentile
from tests.load.server import Server

HITS, QUICK_HITS = 500, 20
PROCESSES, THREADS, QUICK_THREADS = 4, 25, 5
SECONDS = 1.0  # that the provider takes, so that all are under way together
MOST_MS = 1.0


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    with asked(running, "cache0", {"cache": {}}) as made:
        callers = [made.caller() for _ in range(PROCESSES)]
        for caller in callers:
            caller.wait()
        try:
            _hits(lines, made, callers[0], QUICK_HITS if quick else HITS)
            _at_once(lines, made, callers, QUICK_THREADS if quick else THREADS)
        finally:
            for caller in callers:
                caller.end()


def _hits(lines: Lines, made: Asked, caller: Caller, hits: int) -> None:
    kept = token_hex(8)
    caller.order("cached", 1, text=kept)
    before = made.total("requests")
    told = caller.order("cached", hits, text=kept)
    lines.bar("cache.hit_p50", percentile(told["ms"], 50), "ms", most=MOST_MS)
    lines.tell("cache.hit_p95", percentile(told["ms"], 95), "ms")
    lines.none("cache.misses", made.total("requests") - before, "calls")
    lines.none("cache.errors", sum(told["errors"].values()), "errors")


def _at_once(lines: Lines, made: Asked, callers: list[Caller], threads: int) -> None:
    """The same new question from all threads of all processes."""
    for caller in callers:
        caller.order("cached", 1, text="warm")
    made.set({"cache": {"seconds": SECONDS}})
    asked_at_once = token_hex(8)
    for caller in callers:
        caller.begin("cached", threads, threads=threads, text=asked_at_once)
    told = [caller.finish() for caller in callers]
    lines.tell("cache.identical", threads * len(callers), "questions")
    lines.none("cache.identical.doubled", made.total("requests") - 1, "calls")
    lines.every(
        "cache.identical.answered_alike", sum(len(one["ms"]) for one in told), "answers", of=threads * len(callers)
    )
