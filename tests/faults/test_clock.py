"""The clock of every process jumps by five minutes, forth and back, in the middle of turns: nothing is lost.

The jump is libfaketime's (Debian package faketime); without it these tests are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.scene import Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
JUMP_SECONDS = 300
TURNS = 5
PROCESSES = ("web", "worker", "beat")


class Clock:
    """What the processes that were given it take for the time."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file = folder / f"clock-{name}"
        self.set(0)

    def set(self, seconds: int) -> None:
        self.file.write_text(f"{seconds:+d}s\n")

    def settings(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a jump of the wall clock is none of the monotonic one
        }


@pytest.fixture
def clocks(scene: Scene) -> Iterator[dict[str, Clock]]:
    """A clock for each process, which are restarted under it."""
    if LIBRARY is None:
        pytest.skip("libfaketime is not installed (apt-get install faketime)")
    made = {name: Clock(Path(scene.stack.env["TMPDIR"]), name) for name in PROCESSES}
    for name, clock in made.items():
        scene.stack.give(name, **clock.settings())
    _restart(scene)
    yield made
    for name, clock in made.items():
        scene.stack.take_back(name, *clock.settings())
    _restart(scene)


def _restart(scene: Scene) -> None:
    for name in PROCESSES:
        scene.stack.kill(name)
    scene.stack.start("beat")
    scene.stack.restart_worker()
    scene.stack.restart_web()


@pytest.mark.parametrize("jump", [JUMP_SECONDS, -JUMP_SECONDS])
def test_a_jump_of_every_clock_in_the_middle_of_turns_costs_nothing(
    scene: Scene, clocks: dict[str, Clock], jump: int, show: Callable[[str], None]
) -> None:
    began = scene.now()
    turns = scene.answer(TURNS)
    wait_until(lambda: scene.model.counts()["open"] >= TURNS, "the model was not asked about all")

    for clock in clocks.values():
        clock.set(jump)

    scene.wait_for(turns, "replied")
    assert scene.outcomes(turns) == {("replied", 1, 1, 1, 0)}
    swept = _seconds_to_a_sweep(scene)
    show(json.dumps({"clock": f"{jump:+d} s, every process", "swept_seconds": round(swept, 1)}))
    assert swept < 15
    later = scene.answer(TURNS)
    scene.wait_for(later, "replied", seconds=15)
    assert scene.outcomes(later) == {("replied", 1, 1, 1, 0)}
    assert scene.now() > began


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
    assert swept < 15


def _seconds_to_a_sweep(scene: Scene) -> float:
    """How long it takes until a row that falls due now is swept, two sweeps of before apart."""
    row = scene.stack.value(
        "INSERT INTO due (id, tenant, kind, object_id, due_at, attempts, error)"
        " SELECT gen_random_uuid(), 'prove', 'quota_release', gen_random_uuid(), now() + interval '4 seconds', 0, ''"
        " RETURNING id"
    )
    swept = "SELECT count(*) FROM due WHERE id = %s AND attempts = 0"
    return wait_until(lambda: scene.stack.value(swept, row) == 0, "nothing was swept", seconds=40) - 4
