"""The wall clock of every process jumps by five minutes, forth and back, in the middle of turns: nothing is lost."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.scene import Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

CLOCK = Path(__file__).with_name("clock")
LOOK_SECONDS = 0.2  # of clock/sitecustomize.py
JUMP_SECONDS = 300
TURNS = 5
SWEPT_WITHIN = 10  # seconds; beat's pause is 3
PROCESSES = ("web", "worker", "beat")


class Clock:
    """What the processes that were given it take for the time."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / f"clock-{name}"
        self.file.write_text("0")

    def set(self, seconds: int) -> None:
        self.file.write_text(f"{seconds}")
        time.sleep(2 * LOOK_SECONDS)

    def settings(self, path: str) -> dict[str, str]:
        return {"CLOCK_FILE": str(self.file), "PYTHONPATH": os.pathsep.join([path, str(CLOCK)])}


@pytest.fixture(scope="module")
def made(shared: Scene) -> Iterator[dict[str, Clock]]:
    """A clock for each process, which are restarted under it. Left at the right time it is no other clock."""
    clocks = {name: Clock(Path(shared.stack.env["TMPDIR"]), name) for name in PROCESSES}
    settings = {name: clock.settings(shared.stack.env["PYTHONPATH"]) for name, clock in clocks.items()}
    for name in PROCESSES:
        shared.stack.give(name, **settings[name])
    _restart(shared)
    yield clocks
    for name in PROCESSES:
        shared.stack.take_back(name, *settings[name])


@pytest.fixture
def clocks(made: dict[str, Clock]) -> Iterator[dict[str, Clock]]:
    yield made
    for clock in made.values():
        clock.set(0)


def _restart(scene: Scene) -> None:
    for name in PROCESSES:
        scene.stack.kill(name)
    scene.stack.start("beat")
    scene.stack.start("web")
    scene.stack.restart_worker()
    scene.stack.wait_for_web()


def test_a_jump_of_every_clock_forth_and_back_in_the_middle_of_turns_costs_nothing(
    scene: Scene, clocks: dict[str, Clock], show: Callable[[str], None]
) -> None:
    for ahead in (JUMP_SECONDS, 0):
        turns = scene.answer(TURNS)
        wait_until(lambda: scene.model.counts()["open"] >= TURNS, "the model was not asked about all")

        for clock in clocks.values():
            clock.set(ahead)

        scene.wait_for(turns, "replied", seconds=15)
        assert scene.outcomes(turns) == {("replied", 1, 1, 1, 0)}
        swept = _seconds_to_a_sweep(scene)
        show(json.dumps({"clock": f"now +{ahead} s, every process", "swept_seconds": round(swept, 1)}))
        assert swept < SWEPT_WITHIN
        later = scene.answer(TURNS)
        scene.wait_for(later, "replied", seconds=15)
        assert scene.outcomes(later) == {("replied", 1, 1, 1, 0)}


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_process_whose_clock_is_five_minutes_ahead_works_with_the_others(
    scene: Scene, clocks: dict[str, Clock], name: str, show: Callable[[str], None]
) -> None:
    clocks[name].set(JUMP_SECONDS)

    swept = _seconds_to_a_sweep(scene)
    turns = scene.answer(TURNS)

    scene.wait_for(turns, "replied", seconds=15)
    show(json.dumps({"clock": f"+{JUMP_SECONDS} s, {name} alone", "swept_seconds": round(swept, 1)}))
    assert scene.outcomes(turns) == {("replied", 1, 1, 1, 0)}
    assert swept < SWEPT_WITHIN


def _seconds_to_a_sweep(scene: Scene) -> float:
    """How long it takes until a row that falls due now is swept, two sweeps of before apart."""
    row = scene.stack.value(
        "INSERT INTO due (id, tenant, kind, object_id, due_at, attempts, error)"
        " SELECT gen_random_uuid(), 'prove', 'quota_release', gen_random_uuid(), now() + interval '4 seconds', 0, ''"
        " RETURNING id"
    )
    swept = "SELECT count(*) FROM due WHERE id = %s AND attempts = 0"
    return wait_until(lambda: scene.stack.value(swept, row) == 0, "nothing was swept", seconds=40) - 4
