"""Bar 1: what a call through the gateway adds to the bare SDK's, and calls a second at 64 at once, beside litellm."""

from __future__ import annotations

from tests.load.asking import asked
from tests.load.callers import Caller
from tests.load.lines import Lines, percentile
from tests.load.server import Server

ACCOUNTS = 10
LIMITS = {"requests_minute": 1_000_000, "requests_day": 100_000_000, "tokens_minute": 10**9, "tokens_day": 10**12}
ROUNDS, QUICK_ROUNDS = 20, 2
CALLS, QUICK_CALLS = 50, 10  # of a round
WARM = 20
THREADS, QUICK_THREADS = 64, 8
BURSTS, BURST, QUICK_BURST = 3, 640, 40
MOST_MS, LEAST_RATIO = 1.0, 1.4

Times = dict[str, list[float]]


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    accounts = {f"gateway{number}": LIMITS for number in range(ACCOUNTS)}
    with asked(running, "gateway0", accounts) as made:
        lines.tell("gateway.accounts", ACCOUNTS if made.reads else 1, "accounts")
        ours, theirs = made.caller(), made.opponent()
        callers = {"ours": ours} | ({"theirs": theirs} if theirs else {})
        for caller in callers.values():
            caller.wait()
        try:
            _added(lines, callers, quick)
            _rates(lines, callers, quick)
        finally:
            for caller in callers.values():
                caller.end()


def _added(lines: Lines, callers: dict[str, Caller], quick: bool) -> None:
    """Milliseconds more than the bare SDK, one call after the other, in rounds that take turns."""
    took, failed = _in_turns(callers, ROUNDS if not quick else QUICK_ROUNDS, CALLS if not quick else QUICK_CALLS)
    half = {name: percentile(times, 50) for name, times in took.items()}
    lines.tell("gateway.bare_p50", half["bare"], "ms")
    lines.bar("gateway.added_p50", half["gateway"] - half["bare"], "ms", most=MOST_MS)
    lines.tell("gateway.added_p95", percentile(took["gateway"], 95) - percentile(took["bare"], 95), "ms")
    if "limited" in half:
        lines.tell("gateway.litellm.bare_p50", half["their_bare"], "ms")
        lines.tell("gateway.litellm.plain_added_p50", half["plain"] - half["their_bare"], "ms")
        lines.tell("gateway.litellm.added_p50", half["limited"] - half["their_bare"], "ms")
    else:
        lines.skip("gateway.litellm.added_p50", "ms")
    lines.none("gateway.errors", failed, "errors")


def _in_turns(callers: dict[str, Caller], rounds: int, calls: int) -> tuple[Times, int]:
    kinds = [("bare", "ours", "bare"), ("gateway", "ours", "gateway")]
    if "theirs" in callers:
        kinds += [("their_bare", "theirs", "bare"), ("plain", "theirs", "plain"), ("limited", "theirs", "limited")]
    took: Times = {name: [] for name, *_ in kinds}
    failed = 0
    for _, who, call in kinds:
        callers[who].order(call, WARM)
    for _ in range(rounds):
        for name, who, call in kinds:
            told = callers[who].order(call, calls)
            took[name] += told["ms"]
            failed += sum(told["errors"].values())
    return took, failed


def _rates(lines: Lines, callers: dict[str, Caller], quick: bool) -> None:
    """Calls a second of one process with many threads, limits on, in bursts that take turns."""
    kinds = {"bare": "ours", "gateway": "ours"} | (
        {"limited": "theirs", "plain": "theirs"} if "theirs" in callers else {}
    )
    threads, burst = (QUICK_THREADS, QUICK_BURST) if quick else (THREADS, BURST)
    rates: Times = {call: [] for call in kinds}
    failed = 0
    for _ in range(1 if quick else BURSTS):
        for call, who in kinds.items():
            told = callers[who].order(call, burst, threads=threads)
            rates[call].append(len(told["ms"]) / told["seconds"])
            failed += sum(told["errors"].values()) if who == "ours" else 0
    half = {call: percentile(found, 50) for call, found in rates.items()}
    lines.tell("gateway.bare_rate", half["bare"], "calls/s")
    lines.tell("gateway.rate", half["gateway"], "calls/s")
    lines.none("gateway.burst.errors", failed, "errors")
    if "limited" not in half:
        lines.skip("gateway.rate_ratio", "times litellm")
        return
    lines.tell("gateway.litellm.plain_rate", half["plain"], "calls/s")
    lines.tell("gateway.litellm.rate", half["limited"], "calls/s")
    lines.bar("gateway.rate_ratio", half["gateway"] / max(half["limited"], 0.001), "times litellm", least=LEAST_RATIO)
