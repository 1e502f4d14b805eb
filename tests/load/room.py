"""Bar 4: many candidates at once in the live room, through the real web, worker and stream processes."""

from __future__ import annotations

from collections.abc import Sequence

from tests.load import turns, verify
from tests.load.candidates import Played, Wanted
from tests.load.lines import Lines, percentile
from tests.load.server import Server, tenants
from tests.load.usage import Meter, tell_generator

CANDIDATES, QUICK_CANDIDATES = 500, 10
RAMP_SECONDS, LAST_TURN_SECONDS, TURNS = 30.0, 150.0, 6
THINK, MODEL = (8.0, 12.0), (2.0, 5.0)  # seconds, evenly spread
QUICK_THINK, QUICK_MODEL = (0.5, 1.0), (0.3, 0.6)
MOST_PLATFORM_MS = 120


def measure(lines: Lines, running: Server, *, quick: bool, candidates: int = 0) -> None:
    people = candidates or (QUICK_CANDIDATES if quick else CANDIDATES)
    names = tenants("room", quick)
    places = running.prepare(names, people // len(names), at_once=people)
    wanted = Wanted(
        port=running.port,
        places=places,
        think=QUICK_THINK if quick else THINK,
        model=QUICK_MODEL if quick else MODEL,
        ramp=1.0 if quick else RAMP_SECONDS,
        seconds=LAST_TURN_SECONDS,
        turns=2 if quick else TURNS,
    )
    meter = Meter(running)
    played = running.play(wanted)
    lines.tell("room.candidates", len(places), "candidates")
    lines.bar("room.platform_p95", percentile(platform_ms(played), 95), "ms", most=MOST_PLATFORM_MS)
    lines.tell("room.platform_p50", percentile(platform_ms(played), 50), "ms")
    lines.tell("room.platform_p99", percentile(platform_ms(played), 99), "ms")
    tell_play(lines, "room", running, played, names)
    meter.tell(lines, "room", len(played.turns), generator=played.cpu)


def platform_ms(played: Played) -> list[float]:
    """Of each turn: from sending the answer to hearing its end, less what the model was told to take."""
    return [turn.took_ms - turn.model_ms for turn in played.turns]


def tell_play(lines: Lines, name: str, running: Server, played: Played, names: Sequence[str]) -> None:
    """What went wrong, where nothing may; and how far the load itself was late."""
    for cause, count in played.errors.items():
        lines.tell(f"{name}.error.{cause.replace(' ', '_')}", count, "errors")
    lines.none(f"{name}.errors", sum(played.errors.values()), "errors")
    lines.none(f"{name}.doubled_events", played.doubled_events, "events")
    turns.wait(running)
    verify.tell(lines, name, verify.verify(running, names, played.accepted))
    lines.tell(f"{name}.turns", len(played.turns), "turns")
    lines.tell(f"{name}.mock.late_p95", running.late_ms(), "ms")
    tell_generator(lines, name, played)
