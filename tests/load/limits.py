"""Bar 2: no request above any limit or budget, from many processes at once, some of which are killed in the middle.

The provider counts (tests.load.provider); a minute is its last 59 seconds, because a request arrives a moment after it
was admitted. One account fails now and then and one cuts the line, so that others take over.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.load.asking import Asked, asked
from tests.load.callers import Caller
from tests.load.lines import Lines
from tests.load.server import Server

PROCESSES, THREADS = 8, 8
TRIES, QUICK_TRIES = 1000, 40  # of a process
SECONDS, QUICK_SECONDS = 80.0, 4.0  # over which they are spread: more than a minute, so that windows pass
KILLED, QUICK_KILLED = 3, 1
ACCOUNTS: dict[str, dict[str, Any]] = {
    "minute": {"requests_minute": 100, "seconds": 0.02},
    "tokens": {"tokens_minute": 30_000, "seconds": 0.02},
    "largest": {"tokens_minute": 30_000, "counts_max_tokens": True, "seconds": 0.02},
    "day": {"requests_day": 150, "tokens_day": 60_000, "seconds": 0.02},
    "narrow": {"in_flight": 3, "requests_minute": 120, "seconds": 0.2},
    "failing": {"requests_minute": 100, "fails_every": 5, "seconds": 0.02},
    "cutting": {"requests_minute": 100, "cuts_every": 5, "seconds": 0.02},
}
BUDGET_USD, QUICK_BUDGET_USD = Decimal("0.30"), Decimal("0.02")
USD_IN, USD_CACHED, USD_OUT = Decimal(1), Decimal("0.1"), Decimal(4)  # tests.load.registry.add
KINDS = ("requests_minute", "requests_day", "tokens_minute", "tokens_day", "in_flight")


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    with asked(running, "limits0", ACCOUNTS) as made:
        told = _crowd(made, quick)
        counts = made.counts()
        _tell(lines, "limits", counts, told)
    budget = QUICK_BUDGET_USD if quick else BUDGET_USD
    with asked(running, "limits1", {"budget": {"seconds": 0.01}}, budget_usd=str(budget)) as made:
        told = _crowd(made, quick)
        spent = float(_usd(made.counts()))
        lines.tell("limits.spent", spent, "USD")
        lines.none("limits.over_budget", max(0.0, spent - float(budget)), "USD")


def _tell(lines: Lines, name: str, counts: Mapping[str, Any], told: Counter[str]) -> None:
    over = Counter[str]()
    for account in counts.values():
        over.update(account["over"])
    for kind in KINDS:
        lines.none(f"{name}.over_{kind}", over[kind], "requests")
    lines.tell(f"{name}.tries", told.pop("tries"), "tries")
    lines.tell(f"{name}.answered", told.pop("answered"), "answers")
    lines.tell(f"{name}.killed", told.pop("killed"), "processes")
    for kind, count in sorted(told.items()):
        lines.tell(f"{name}.refused.{kind}", count, "tries")
    for account, saw in counts.items():
        lines.tell(f"{name}.requests.{account}", saw.get("requests", 0), "requests")


def _crowd(made: Asked, quick: bool) -> Counter[str]:
    """Everybody tries; some are killed and others come in their place with half of the tries.

    :returns: tries, answered, killed, and the errors of those that lived, by kind.
    """
    tries, seconds, killed = (QUICK_TRIES, QUICK_SECONDS, QUICK_KILLED) if quick else (TRIES, SECONDS, KILLED)
    callers = [made.caller() for _ in range(PROCESSES)]
    for caller in callers:
        caller.wait()
    for caller in callers:
        caller.begin("try", tries, threads=THREADS, seconds=seconds)
    chance, began, told = random.Random(1), time.monotonic(), Counter({"tries": tries * PROCESSES, "killed": killed})
    for number in range(killed):
        time.sleep(max(0.0, began + seconds * (0.3 + 0.2 * number) + chance.random() - time.monotonic()))
        callers[number].kill()
        callers[number] = _in_its_place(made, tries // 2, seconds / 2)
        told["tries"] += tries // 2
    for caller in callers:
        _finished(caller, told)
    return told


def _in_its_place(made: Asked, tries: int, seconds: float) -> Caller:
    caller = made.caller()
    caller.wait()
    caller.begin("try", tries, threads=THREADS, seconds=seconds)
    return caller


def _finished(caller: Caller, told: Counter[str]) -> None:
    found = caller.finish()
    told["answered"] += len(found["ms"])
    told.update(found["errors"])
    caller.end()


def _usd(counts: Mapping[str, Any]) -> Decimal:
    """What the answers cost that the provider gave, also to those who did not live to hear them."""
    totals = Counter[str]()
    for account in counts.values():
        totals.update({name: account.get(name, 0) for name in ("tokens_in", "tokens_cached", "tokens_out")})
    fresh = totals["tokens_in"] - totals["tokens_cached"]
    return (fresh * USD_IN + totals["tokens_cached"] * USD_CACHED + totals["tokens_out"] * USD_OUT) / 1_000_000
