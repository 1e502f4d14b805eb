"""Messages that come twice, late, or from two beats: one reply, whoever brings it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.candidates import TENANT
from tests.faults.scene import Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

RUNS, TIMES = 5, 5
APART_SECONDS = 1.3  # no part of a sweep's three seconds: what is lost falls due at other moments each time
DUPLICATES = "candor_duplicate_deliveries_total"


def test_a_message_that_comes_five_times_at_once_and_again_later_is_one_reply(
    scene: Scene, show: Callable[[str], None]
) -> None:
    for _run in range(RUNS):
        asked, refused = scene.model.count(), scene.counted(DUPLICATES)
        began = scene.now()

        [turn] = scene.answer(1)
        scene.deliver(turn, TIMES)
        scene.assert_replied_once([turn], since=began)
        scene.deliver(turn, TIMES)

        wait_until(lambda: scene.counted(DUPLICATES) - refused >= 2 * TIMES, "the duplicates were not counted")  # noqa: B023
        assert scene.model.count() == asked + 1
        assert scene.outcomes([turn]) == {("replied", 1, 1, 1, 0)}

    show(json.dumps({"delivered": 1 + 2 * TIMES, "replies": 1, "runs": RUNS}))


def test_a_worker_that_slept_through_its_lease_writes_nothing(scene: Scene, show: Callable[[str], None]) -> None:
    scene.model.set(latency=[2, 2])
    refused, turns = scene.counted(DUPLICATES), scene.answer(RUNS)
    wait_until(lambda: scene.model.counts()["open"] >= RUNS, "the model was not asked about all")

    scene.stack.signal("worker", signal.SIGSTOP)
    scene.stack.restart_worker("worker-2")
    recovered = scene.now()
    scene.wait_for(turns, "replied")
    replies = scene.stack.rows(f"SELECT id, fence, replied_at FROM {TENANT}.interviews_turn WHERE id = ANY(%s)", turns)
    scene.stack.signal("worker", signal.SIGCONT)
    wait_until(lambda: scene.counted(DUPLICATES) - refused >= RUNS, "the late worker was not refused")
    scene.stack.end("worker-2")

    waits = scene.assert_replied_once(turns, since=recovered)
    show(json.dumps({"late": "SIGSTOP past the lease", "seconds_from_recovery": waits}))
    statement = f"SELECT id, fence, replied_at FROM {TENANT}.interviews_turn WHERE id = ANY(%s)"
    assert set(scene.stack.rows(statement, turns)) == set(replies)
    assert {fence for _id, fence, _at in replies} == {2}


def test_two_beats_send_no_turn_twice_into_the_world(scene: Scene, show: Callable[[str], None]) -> None:
    scene.stack.start("beat-2", "beat")
    asked, lost, last = scene.model.count(), [], 0.0
    for _run in range(RUNS):
        time.sleep(max(last + APART_SECONDS - time.monotonic(), 0))
        last = time.monotonic()
        scene.stack.signal("worker", signal.SIGSTOP)
        turns = scene.answer(3)
        scene.stack.redis.flushall()  # what the worker had not been handed is gone: only a sweep brings it back
        scene.stack.signal("worker", signal.SIGCONT)
        lost.append((turns, scene.now()))

    # Looked at together in the end: the sweeps that bring them back overlap, which is what two beats could get wrong.
    waits = [wait for turns, since in lost for wait in scene.assert_replied_once(turns, since=since)]
    assert scene.model.count() == asked + 3 * RUNS
    scene.stack.end("beat-2")

    show(json.dumps({"beats": 2, "messages": "lost", "seconds_from_loss": waits}))


def test_without_beat_messages_bring_replies_and_beat_brings_back_what_had_none(scene: Scene) -> None:
    scene.stack.kill("beat")
    began = scene.now()
    scene.assert_replied_once(scene.answer(1), since=began)
    scene.stack.signal("worker", signal.SIGSTOP)
    turns = scene.answer(3)
    scene.stack.redis.flushall()  # but for a message that Valkey had already handed to the worker, if it waited for one
    scene.stack.signal("worker", signal.SIGCONT)
    time.sleep(6)
    assert scene.count(turns, "owed") in (2, 3)

    scene.stack.start("beat")

    scene.assert_replied_once(turns, since=scene.now())
