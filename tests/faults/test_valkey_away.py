"""Valkey down, frozen, flushed and restarted: answers are taken all the same, and replied to once it is back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.faults import candidates
from tests.faults.scene import Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

RUNS, TURNS = 5, 3
DOWN_SECONDS = 30
SLOWEST_POST = 10.0  # seconds for which a candidate may wait for "we have it"


def seconds_to_answer(scene: Scene, count: int) -> tuple[list[object], float]:
    """So many candidates answer at once: their turns, and how long the slowest waited for the acknowledgement."""
    people = scene.ready(count)
    began = time.monotonic()
    return list(candidates.answer_all(people)), time.monotonic() - began


def test_answers_given_while_valkey_is_down_are_taken_and_replied_to_after_it(
    scene: Scene, show: Callable[[str], None]
) -> None:
    people = scene.ready(2 * TURNS)
    scene.stack.stop_server("valkey")
    gone = time.monotonic()

    turns = candidates.answer_all(people[:TURNS])
    seconds = time.monotonic() - gone
    time.sleep(max(DOWN_SECONDS - (time.monotonic() - gone), 0))
    turns += candidates.answer_all(people[TURNS:])
    scene.stack.start_servers()
    recovered = scene.now()

    scene.wait_for(turns, "replied")
    figures = {"valkey": f"down {DOWN_SECONDS} s", "acknowledged_seconds": round(seconds, 1)}
    show(json.dumps(figures | {"seconds_from_recovery": scene.waits(turns, recovered)}))
    scene.assert_replied_once(turns, since=recovered)
    assert seconds < SLOWEST_POST


def test_answers_given_while_valkey_is_frozen_are_taken_and_replied_to_after_it(
    scene: Scene, show: Callable[[str], None]
) -> None:
    people = scene.ready(TURNS)
    for name in ("web", "worker"):
        scene.lines[name, "valkey"].freeze()

    began = time.monotonic()
    turns = candidates.answer_all(people)
    seconds = time.monotonic() - began
    for name in ("web", "worker"):
        scene.lines[name, "valkey"].thaw()
    recovered = scene.now()

    scene.wait_for(turns, "replied")
    figures = {"valkey": "frozen", "acknowledged_seconds": round(seconds, 1)}
    show(json.dumps(figures | {"seconds_from_recovery": scene.waits(turns, recovered)}))
    scene.assert_replied_once(turns, since=recovered)
    assert seconds < SLOWEST_POST


def test_a_flush_at_any_moment_loses_and_doubles_nothing(scene: Scene, show: Callable[[str], None]) -> None:
    waits = []
    for run in range(RUNS):
        turns = scene.answer(TURNS)
        time.sleep(run * 0.3)  # before the claims, in the middle of the calls, at their end
        scene.stack.redis.flushall()
        waits += scene.assert_replied_once(turns, since=scene.now())

    show(json.dumps({"valkey": "flushed", "seconds_from_recovery": waits}))


def test_a_restart_at_any_moment_loses_and_doubles_nothing(scene: Scene, show: Callable[[str], None]) -> None:
    waits = []
    for run in range(RUNS):
        turns = scene.answer(TURNS)
        time.sleep(run * 0.3)
        scene.stack.stop_server("valkey")
        scene.stack.start_servers()
        waits += scene.assert_replied_once(turns, since=scene.now())

    show(json.dumps({"valkey": "restarted", "seconds_from_recovery": waits}))


def test_after_valkey_was_away_replies_come_by_the_message_again(scene: Scene) -> None:
    scene.stack.stop_server("valkey")
    scene.stack.start_servers()
    wait_until(lambda: _by_the_message(scene), "replies wait for the sweeper for good", seconds=40)


def _by_the_message(scene: Scene) -> bool:
    began = scene.now()
    turns = scene.answer(1)
    return scene.assert_replied_once(turns, since=began)[0] < 3  # the sweeper's first look is after 5 seconds
