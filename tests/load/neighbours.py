"""Bar 8: one tenant floods its queue; what its neighbour feels, and what keeping them apart costs."""

from __future__ import annotations

from dataclasses import dataclass

from tests.load import turns, verify
from tests.load.candidates import Place, Played, Wanted
from tests.load.lines import Lines, percentile
from tests.load.server import Server, finish

FLOOD, QUICK_FLOOD = 2000, 30
CANDIDATES, QUICK_CANDIDATES = 20, 4  # of the light tenant
MODEL_MS, THINK = 2000, (1.0, 2.0)
SECONDS, QUICK_SECONDS = 24.0, 3.0
AT_ONCE, NO_CAP = 150, 10_000  # the largest plan's; none
MOST_RATIO, MOST_LOSS = 2.0, 5.0
LIGHT, FLOODED, UNCAPPED = "neighbours0", "neighbours1", "neighbours2"


@dataclass(frozen=True, slots=True)
class Flood:
    """A flood with a light load beside it: `rate` is of both together, while the flood lasted."""

    played: Played
    rate: float


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    flood, people = (QUICK_FLOOD, QUICK_CANDIDATES) if quick else (FLOOD, CANDIDATES)
    seconds = QUICK_SECONDS if quick else SECONDS
    light = running.prepare((LIGHT,), 2 * people, at_once=AT_ONCE, questions=40)
    idle = _play(running, light[:people], seconds)
    running.prepare((FLOODED,), flood, at_once=AT_ONCE, answered=MODEL_MS)
    apart = _flood(running, FLOODED, light[people:], seconds)
    together = _together(running, flood, people, seconds)

    before, beside = (percentile(_waits(one), 95) for one in (idle, apart.played))
    lines.tell("neighbours.idle_wait_p95", before, "ms")
    lines.tell("neighbours.flooded_wait_p95", beside, "ms")
    lines.bar("neighbours.wait_ratio", beside / max(before, 0.001), "times idle", most=MOST_RATIO)
    lines.tell("neighbours.flooded_wait_p50", percentile(_waits(apart.played), 50), "ms")
    lines.tell("neighbours.one_queue_wait_p95", percentile(_waits(together.played), 95), "ms")
    lines.tell("neighbours.rate", apart.rate, "turns/s")
    lines.tell("neighbours.one_queue_rate", together.rate, "turns/s")
    lines.bar("neighbours.loss", 100 * (1 - apart.rate / max(together.rate, 0.001)), "%", most=MOST_LOSS)
    errors = [one for played in (idle, apart.played, together.played) for one in played.errors.elements()]
    lines.none("neighbours.errors", len(errors), "errors")
    turns.wait(running)
    verify.tell(lines, "neighbours", verify.verify(running, (LIGHT, FLOODED, UNCAPPED)))


def _together(running: Server, flood: int, people: int, seconds: float) -> Flood:
    """The same work in one tenant without a cap."""
    running.prepare((UNCAPPED,), flood, at_once=NO_CAP, answered=MODEL_MS)
    places = running.prepare((UNCAPPED,), people, at_once=NO_CAP, questions=40)
    return _flood(running, UNCAPPED, places, seconds)


def _flood(running: Server, schema: str, places: list[Place], seconds: float) -> Flood:
    """Send everything that the tenant owes and let the candidates of `places` play meanwhile."""
    playing = running.begin("candidates", given=_wanted(running, places, seconds))
    sending = running.begin("prepare", "--tenants", schema, "--send")
    played = Played.of(finish(playing))
    told = finish(sending)
    turns.wait(running)
    took = turns.last(running, (schema,)) - told["began"]
    return Flood(played, (told["sent"] + sum(turn.at <= took for turn in played.turns)) / took)


def _play(running: Server, places: list[Place], seconds: float) -> Played:
    return Played.of(running.run("candidates", given=_wanted(running, places, seconds)))


def _wanted(running: Server, places: list[Place], seconds: float) -> dict[str, object]:
    model = (MODEL_MS / 1000, MODEL_MS / 1000)
    return Wanted(port=running.port, places=places, think=THINK, model=model, ramp=2.0, seconds=seconds).told()


def _waits(played: Played) -> list[float]:
    """Milliseconds from sending an answer to hearing that a worker has claimed it."""
    return [turn.wait_ms for turn in played.turns]
