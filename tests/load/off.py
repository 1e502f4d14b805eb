"""Bar 11: every provider is off, and comes back: basic questions at once, no error, no restart.

The decision is the moment when a worker says that it begins a turn; the question is there when its end is heard.
"""

from __future__ import annotations

import time
from urllib.request import Request, urlopen

from tests.load import turns, verify
from tests.load.candidates import Place, Played, Wanted
from tests.load.lines import Lines, percentile
from tests.load.server import Server

NAME = "off0"
CANDIDATES, QUICK_CANDIDATES = 10, 3
TURNS, QUICK_TURNS = 8, 2
THINK, QUICK_THINK = (1.0, 2.0), (0.2, 0.4)
MODEL = (0.1, 0.2)
MOST_MS = 50
LONGEST_SECONDS = 90  # until a model is asked again
MODES = "SELECT count(*) FROM off0.interviews_turn WHERE status = 'replied' AND mode = %s"


def measure(lines: Lines, running: Server, *, quick: bool) -> None:
    people = QUICK_CANDIDATES if quick else CANDIDATES
    places = running.prepare((NAME,), 3 * people, questions=40)
    _switch(running, "off")
    first = _play(running, places[:people], 2, quick)
    off = _play(running, places[people : 2 * people], QUICK_TURNS if quick else TURNS, quick)
    turns.wait(running)
    lines.bar("off.question_p95", percentile(_after_decision(off), 95), "ms", most=MOST_MS)
    lines.tell("off.question_p50", percentile(_after_decision(off), 50), "ms")
    lines.tell("off.first_question_p95", percentile(_after_decision(first), 95), "ms")
    lines.none("off.by_a_model", running.stack.value(MODES, "model"), "replies")
    _switch(running, "on")
    seconds, back = _until_back(running, places[2 * people :], quick)
    lines.tell("off.recovery", seconds, "s")
    lines.every("off.recovered", running.stack.value(MODES, "model") > 0, "recoveries", of=1)
    errors = sum(sum(played.errors.values()) for played in (first, off, back))
    lines.none("off.errors", errors, "errors")
    lines.none("off.restarts", len(running.stack.ended()), "processes")
    turns.wait(running)
    found = verify.verify(running, (NAME,))
    lines.none("off.lost", found.lost, "answers")
    lines.none("off.doubled", found.doubled, "answers")


def _switch(running: Server, to: str) -> None:
    """Cut every line to the model from now on, or no more."""
    urlopen(Request(f"{running.model.address}/_{to}", b""), timeout=5).close()


def _until_back(running: Server, places: list[Place], quick: bool) -> tuple[float, Played]:
    """One candidate plays until a model answers; the seconds that took."""
    began, place = time.monotonic(), places[0]
    playing = running.begin("candidates", given=_wanted(running, [place], 40, quick, LONGEST_SECONDS).told())
    while not running.stack.value(MODES, "model") and time.monotonic() - began < LONGEST_SECONDS:
        time.sleep(0.1)
        if playing.poll() is not None:
            break
    seconds = time.monotonic() - began
    playing.kill()
    playing.communicate()
    return seconds, _play(running, places[1:], 2, quick)


def _play(running: Server, places: list[Place], count: int, quick: bool) -> Played:
    return running.play(_wanted(running, places, count, quick, LONGEST_SECONDS))


def _wanted(running: Server, places: list[Place], count: int, quick: bool, seconds: float) -> Wanted:
    think = QUICK_THINK if quick else THINK
    return Wanted(port=running.port, places=places, think=think, model=MODEL, ramp=1.0, seconds=seconds, turns=count)


def _after_decision(played: Played) -> list[float]:
    return [turn.took_ms - turn.wait_ms for turn in played.turns]
