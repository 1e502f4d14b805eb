"""Bar 3: streamed turn tasks on many worker threads: claim, a call of two seconds, record, audit."""

from __future__ import annotations

import time

from tests.load import verify
from tests.load.lines import Lines
from tests.load.server import Server, finish, tenants
from tests.load.usage import Meter
from tests.stack import wait_until

MODEL_MS, QUICK_MODEL_MS = 2000, 300
TURNS, QUICK_TURNS = 1000, 40
LEAST_A_SECOND, MOST_MEGABYTES, MOST_CONNECTIONS = 100, 350, 20
LONGEST_SECONDS = 180
PAUSE_SECONDS = 0.25


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    turns = QUICK_TURNS if quick else TURNS
    names = tenants("turns", quick)
    running.prepare(names, turns // len(names), answered=QUICK_MODEL_MS if quick else MODEL_MS, at_once=turns)
    meter = Meter(running)
    sent, seconds, megabytes, connections = _run(running, names)
    lines.bar("turns.rate", sent / seconds, "turns/s", least=LEAST_A_SECOND)
    lines.bar("turns.memory", megabytes, "MB", most=MOST_MEGABYTES)
    lines.bar("turns.connections", connections, "connections", most=MOST_CONNECTIONS)
    verify.tell(lines, "turns", verify.verify(running, names))
    lines.tell("turns.mock.late_p95", running.late_ms(), "ms")
    meter.tell(lines, "turns", sent)


def _run(running: Server, names: tuple[str, ...]) -> tuple[int, float, float, int]:
    """How many messages were sent, the seconds until the last was settled, most memory and connections meanwhile."""
    sending = running.begin("prepare", "--tenants", ",".join(names), "--send")
    megabytes, connections = 0.0, 0
    until = time.monotonic() + LONGEST_SECONDS
    while owed(running) and time.monotonic() < until:
        connections = max(connections, running.worker_connections())
        megabytes = max(megabytes, running.memory("worker"))
        time.sleep(PAUSE_SECONDS)
    told = finish(sending)
    wait(running)
    return told["sent"], last(running, names) - told["began"], megabytes, connections


def wait(running: Server) -> None:
    """Until no turn is owed a reply."""
    wait_until(lambda: not owed(running), "turns are still owed", seconds=LONGEST_SECONDS, pause=PAUSE_SECONDS)


def owed(running: Server) -> int:
    return int(running.stack.value("SELECT count(*) FROM due WHERE kind = 'turn'"))


def last(running: Server, names: tuple[str, ...]) -> float:
    """When the last reply was recorded."""
    newest = " UNION ALL ".join(f"SELECT max(replied_at) AS at FROM {name}.interviews_turn" for name in names)
    return float(running.stack.value(f"SELECT extract(epoch FROM max(at)) FROM ({newest}) AS all_of_them"))
