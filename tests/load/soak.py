"""A soak: does the memory of web and worker stay flat?"""

from __future__ import annotations

import time
from statistics import fmean

from tests.load.candidates import Played, Wanted
from tests.load.lines import Lines
from tests.load.room import tell_play
from tests.load.server import Server, finish, tenants

CANDIDATES, QUICK_CANDIDATES = 120, 4
THINK, MODEL = (1.0, 3.0), (2.0, 5.0)
QUESTIONS, QUICK_QUESTIONS = 200, 20  # more than a candidate gets through
EVERY_SECONDS, LEAST_SAMPLES = 30.0, 9
MOST_GROWTH = 5.0  # percent, from the middle third to the last
PARTS = ("web", "worker")


def measure(lines: Lines, running: Server, *, quick: bool, minutes: float) -> None:
    """`minutes` of load; a short soak looks more often."""
    people, names = (QUICK_CANDIDATES if quick else CANDIDATES), tenants("soak", quick)
    questions = QUICK_QUESTIONS if quick else QUESTIONS
    places = running.prepare(names, people // len(names), at_once=people, questions=questions)
    seconds = minutes * 60
    wanted = Wanted(port=running.port, places=places, think=THINK, model=MODEL, ramp=5.0, seconds=seconds)
    playing = running.begin("candidates", given=wanted.told())
    held = _watch(lines, running, seconds)
    for part, megabytes in held.items():
        third = len(megabytes) // 3
        growth = 100 * (fmean(megabytes[-third:]) / fmean(megabytes[-2 * third : -third]) - 1)
        lines.bar(f"soak.{part}.growth", growth, "%", most=MOST_GROWTH)
    tell_play(lines, "soak", running, Played.of(finish(playing)), names)


def _watch(lines: Lines, running: Server, seconds: float) -> dict[str, list[float]]:
    held: dict[str, list[float]] = {part: [] for part in PARTS}
    samples = max(round(seconds / EVERY_SECONDS), LEAST_SAMPLES)
    for _ in range(samples):
        time.sleep(seconds / samples)
        for part in PARTS:
            held[part].append(running.memory(part))
            lines.tell(f"soak.{part}.memory", held[part][-1], "MB")
    return held
