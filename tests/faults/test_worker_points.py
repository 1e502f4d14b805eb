"""The worker killed at six points of a turn, five turns at each: one reply, one next question, and soon."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.faults.candidates import TENANT
from tests.faults.scene import Connection, Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

TURNS = 5
LATENCY = 2.0
HOLD_INTERVIEWS = f"""
    SELECT FROM {TENANT}.interviews_interview
     WHERE id IN (SELECT interview_id FROM {TENANT}.interviews_turn WHERE id = ANY(%s)) FOR UPDATE"""
KEY_CONNECTIONS = 3  # of a process to the keys' database: while they are held, other turns wait before they read


def before_the_claim(scene: Scene) -> list[UUID]:
    """The message was taken; the UPDATE that claims the turn waits for the row."""
    scene.stack.signal("worker", signal.SIGSTOP)
    turns = scene.answer(TURNS)
    with scene.held(f"SELECT FROM {TENANT}.interviews_turn WHERE id = ANY(%s) FOR UPDATE", turns) as connection:
        scene.stack.signal("worker", signal.SIGCONT)
        scene.wait_for_blocked(connection, TURNS)
        scene.kill_blocked_worker(connection)
    assert scene.count(turns, "owed") == TURNS
    return turns


def after_the_claim(scene: Scene) -> list[UUID]:
    """The turn is claimed; what the prompt is made of cannot be read."""
    asked = scene.model.count()
    with scene.held(f"LOCK TABLE {TENANT}.interviews_candidate IN ACCESS EXCLUSIVE MODE") as connection:
        turns = _answered_and_blocked(scene, connection, KEY_CONNECTIONS)
    assert scene.model.count() == asked
    return turns


def before_the_call(scene: Scene) -> list[UUID]:
    """The prompts are made; the ledger's rows, without which nothing is sent, cannot be written: one pen does."""
    asked = scene.model.count()
    with scene.held("LOCK TABLE llm_call IN SHARE MODE") as connection:
        turns = _answered_and_blocked(scene, connection, 1)
    assert scene.model.count() == asked
    return turns


def _answered_and_blocked(scene: Scene, connection: Connection, blocked: int = TURNS) -> list[UUID]:
    turns = scene.answer(TURNS)
    scene.wait_for(turns, "asking")
    scene.wait_for_blocked(connection, blocked)
    scene.kill_blocked_worker(connection)
    return turns


def in_the_middle_of_the_call(scene: Scene) -> list[UUID]:
    """The model is speaking: where the answer is streamed, a part of it has come."""
    turns = scene.answer(TURNS)
    wait_until(lambda: scene.model.counts()["open"] >= TURNS, "the model was not asked about all")
    time.sleep(LATENCY / 2)
    assert scene.model.counts()["open"] >= TURNS
    scene.stack.kill("worker")
    return turns


def after_the_call(scene: Scene) -> list[UUID]:
    """The model has said all; the reply cannot be recorded, since somebody holds the interview."""
    turns = scene.answer(TURNS)
    wait_until(lambda: scene.model.counts()["open"] >= TURNS, "the model was not asked about all")
    with scene.held(HOLD_INTERVIEWS, turns) as connection:
        scene.wait_for_blocked(connection, TURNS)
        assert scene.count(turns, "asking") == TURNS
        scene.kill_blocked_worker(connection)
    return turns


def after_the_commit(scene: Scene) -> list[UUID]:
    """The reply is committed; Valkey does not get to know that the message was done."""
    turns = scene.answer(TURNS)
    wait_until(lambda: scene.model.counts()["open"] >= TURNS, "the model was not asked about all")
    scene.lines["worker", "valkey"].freeze()
    scene.wait_for(turns, "replied")
    scene.stack.kill("worker")
    scene.lines["worker", "valkey"].heal()
    return turns


POINTS = [
    before_the_claim,
    after_the_claim,
    before_the_call,
    in_the_middle_of_the_call,
    after_the_call,
    after_the_commit,
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__)
def test_a_turn_whose_worker_is_killed_gets_one_reply_soon_after(
    scene: Scene, point: Callable[[Scene], list[UUID]], show: Callable[[str], None]
) -> None:
    scene.model.set(latency=[LATENCY, LATENCY])
    scene.ready(TURNS)

    turns = point(scene)
    killed = scene.now()
    scene.stack.restart_worker()
    recovered = scene.now()

    scene.wait_for(turns, "replied")
    waits = scene.waits(turns, recovered)
    figures = {"kill": point.__name__, "restart_seconds": round((recovered - killed).total_seconds(), 1)}
    show(json.dumps(figures | {"seconds_from_recovery": waits}))
    scene.assert_replied_once(turns, since=recovered)
