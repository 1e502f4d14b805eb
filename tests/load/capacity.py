"""Bar 5: how many turns a second the whole path carries, load generator and model included."""

from __future__ import annotations

from tests.load.candidates import Played, Wanted
from tests.load.lines import Lines, percentile
from tests.load.room import platform_ms, tell_play
from tests.load.server import Server, tenants
from tests.load.usage import Meter

CANDIDATES, QUICK_CANDIDATES = 400, 8  # without thinking
MODEL, QUICK_MODEL = (2.0, 5.0), (0.3, 0.6)
RAMP_SECONDS, STEADY_SECONDS = 10.0, 50.0
LEAST_A_SECOND = 70
WANTED_A_SECOND, MOST_OF_IT = 35, 50.0  # 50,000 interviews a day, 10 turns each, a peak of six times the mean


def measure(lines: Lines, running: Server, *, quick: bool, candidates: int = 0) -> None:
    people = candidates or (QUICK_CANDIDATES if quick else CANDIDATES)
    names = tenants("capacity", quick)
    ramp, steady = (1.0, 3.0) if quick else (RAMP_SECONDS, STEADY_SECONDS)
    places = running.prepare(names, people // len(names), at_once=people, questions=40)
    wanted = Wanted(
        port=running.port,
        places=places,
        think=(0.0, 0.0),
        model=QUICK_MODEL if quick else MODEL,
        ramp=ramp,
        seconds=ramp + steady,
    )
    meter = Meter(running)
    played = running.play(wanted)
    rate = steady_rate(played, ramp + wanted.model[1], wanted.seconds)
    lines.bar("capacity.rate", rate, "turns/s", least=LEAST_A_SECOND)
    lines.bar("capacity.peak_share", 100 * WANTED_A_SECOND / max(rate, 0.001), "% of it", most=MOST_OF_IT)
    lines.tell("capacity.platform_p95", percentile(platform_ms(played), 95), "ms")
    tell_play(lines, "capacity", running, played, names)
    meter.tell(lines, "capacity", len(played.turns), generator=played.cpu)


def steady_rate(played: Played, begin: float, end: float) -> float:
    """Turns a second that ended between these seconds of the play."""
    return sum(begin <= turn.at < end for turn in played.turns) / (end - begin)
