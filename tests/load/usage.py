"""What the parts of a server used while something ran."""

from __future__ import annotations

import time

from tests.load.candidates import Played
from tests.load.lines import Lines, percentile
from tests.load.server import Server

CORES = 2  # that the bars are for


class Meter:
    """CPU seconds by part from here on."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._before, self._began = server.cpu(), time.monotonic()

    def tell(self, lines: Lines, name: str, turns: int, *, generator: float = 0.0) -> None:
        """Milliseconds of CPU a turn of each part, and how much of CORES all of it was."""
        seconds = time.monotonic() - self._began
        used = {part: after - self._before[part] for part, after in self.server.cpu().items()}
        used |= {"generator": generator} if generator else {}
        for part, cpu in used.items():
            lines.tell(f"{name}.cpu.{part}", cpu * 1000 / max(turns, 1), "ms/turn")
        own = sum(used[part] for part in ("web", "worker", "beat", "postgresql", "valkey"))
        lines.tell(f"{name}.cpu.candor", own * 1000 / max(turns, 1), "ms/turn")
        lines.tell(f"{name}.cpu.share", 100 * sum(used.values()) / seconds / CORES, "% of 2 cores")


def tell_generator(lines: Lines, name: str, played: Played) -> None:
    """How far the generator's own lateness may be in what it measured."""
    lines.tell(f"{name}.generator.cpu", played.cpu, "s")
    lines.tell(f"{name}.generator.late_p95", percentile(played.late_ms, 95), "ms")
