"""Bar 6: thousands of event streams to one web process, many events a second, and connections that break."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from itertools import pairwise
from typing import Any

import psutil

from tests.load.lines import Lines
from tests.load.server import Server, finish

CONNECTIONS, QUICK_CONNECTIONS = 3000, 60
RATE, QUICK_RATE = 2000, 100  # events a second
CUTS, QUICK_CUTS = 1000, 20
SECONDS, QUICK_SECONDS = 15.0, 2.0
MOST_KILOBYTES, MOST_P99_MS = 60, 25


class Run:
    """Listeners that are connected, and events that are sent to them."""

    def __init__(self, running: Server, connections: int, rate: int, seconds: float) -> None:
        self.running, self.connections, self.rate, self.seconds = running, connections, rate, seconds
        self.sent = 0
        self.process: subprocess.Popen[bytes] = running.begin(
            "listeners", given={"port": running.port, "connections": connections}
        )
        assert self._line() == b"ready\n", "the listeners did not connect"

    def publish(self, *how: str) -> subprocess.Popen[bytes]:
        told = {"connections": self.connections, "rate": self.rate, "seconds": self.seconds, "first": self.sent}
        self.sent += int(self.rate * self.seconds)
        options = [text for name, value in told.items() for text in (f"--{name}", str(value))]
        return self.running.begin("events", *options, *how)

    def ask(self, order: str) -> dict[str, Any]:
        self._order(order)
        found: dict[str, Any] = json.loads(self._line())
        return found

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def _order(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    connections, rate, seconds, cuts = CONNECTIONS, RATE, SECONDS, CUTS
    if quick:
        connections, rate, seconds, cuts = QUICK_CONNECTIONS, QUICK_RATE, QUICK_SECONDS, QUICK_CUTS
    web = psutil.Process(running.stack.pids()["web"])
    before = web.memory_info().rss
    run = Run(running, connections, rate, seconds)
    try:
        _tell(lines, run, web, before, cuts)
    finally:
        run.end()


def _tell(lines: Lines, run: Run, web: psutil.Process, before: int, cuts: int) -> None:
    idle = web.memory_info().rss
    lines.tell("streams.connections", run.connections, "connections")
    used = _cpu(web)
    published = finish(run.publish())
    direct = run.ask("count")
    lines.tell("streams.web_cpu", (_cpu(web) - used) * 1e6 / published["sent"], "us/event")
    lines.tell("streams.rate", published["sent"] / published["seconds"], "events/s")
    lines.bar("streams.delivery_p99", direct["p99"], "ms", most=MOST_P99_MS)
    lines.tell("streams.delivery_p50", direct["p50"], "ms")
    finish(run.publish("--flusher"))
    lines.tell("streams.said_to_heard_p99", run.ask("count")["p99"], "ms")
    publishing = run.publish()
    resumed = run.ask(f"cut {cuts} {run.seconds * 0.9}")["resumed"]
    finish(publishing)
    counted = run.ask("count")
    lines.every("streams.resumed", resumed, "resumes", of=cuts)
    _tell_numbers(lines, run, counted)
    grown = max(idle, web.memory_info().rss) - before
    lines.bar("streams.memory", grown / run.connections / 1000, "kB/connection", most=MOST_KILOBYTES)
    lines.tell("streams.generator.cpu", counted["cpu"], "s")


def _tell_numbers(lines: Lines, run: Run, counted: dict[str, Any]) -> None:
    """Event n went to stream n modulo the connections, in this order and once."""
    lost = doubled = disordered = 0
    for number, seen in enumerate(counted["seen"]):
        came = Counter(seen)
        lost += sum(came[wanted] == 0 for wanted in range(number, run.sent, run.connections))
        doubled += came.total() - len(came)
        disordered += sum(after < one for one, after in pairwise(seen))
    lines.none("streams.lost", lost, "events")
    lines.none("streams.doubled", doubled + counted["repeated"], "events")
    lines.none("streams.disordered", disordered, "events")
    lines.tell("streams.refused", counted["refused"], "tries")
    lines.tell("streams.closed_by_server", counted["unasked"], "connections")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
