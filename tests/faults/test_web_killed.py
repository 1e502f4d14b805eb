"""The web process killed between the commit of an answer and everything after it: nothing lost, nothing doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID, uuid4

import pytest

from interviews.services.simulation.browser import Unreachable
from tests.faults.candidates import TENANT, Candidate
from tests.faults.scene import Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

RUNS = 5
COMMITTED = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE idempotency_key = %s"
TURN = f"SELECT id FROM {TENANT}.interviews_turn WHERE idempotency_key = %s"


def answer_and_kill(scene: Scene, one: Candidate, key: UUID) -> None:
    """The transaction is held before its commit, Valkey is frozen, the commit goes through, and web is killed."""
    with ThreadPoolExecutor(1) as pool:
        with scene.held("LOCK TABLE due IN SHARE MODE") as connection:
            pool.submit(_unheard, one, key)
            scene.wait_for_blocked(connection, 1)
            scene.lines["web", "valkey"].freeze()
        wait_until(lambda: scene.stack.value(COMMITTED, key) == 1, "the answer was not committed", pause=0.01)
        scene.stack.kill("web")
    scene.lines["web", "valkey"].heal()


def _unheard(one: Candidate, key: UUID) -> None:
    with suppress(Unreachable):
        page = one.answer(key=key, patience=0)
        raise AssertionError(f"the answer was acknowledged with {page.status} before the kill")


def test_an_answer_that_was_committed_is_replied_to_once_and_may_be_sent_again(
    scene: Scene, show: Callable[[str], None]
) -> None:
    turns, recoveries = [], []
    for _run in range(RUNS):
        [one] = scene.ready(1)
        key = uuid4()

        answer_and_kill(scene, one, key)
        scene.stack.restart_web()
        recoveries.append(scene.now())
        again = one.answer(key=key)

        turns.append(scene.stack.value(TURN, key))
        assert (again.status, again.json()["id"]) == (202, str(turns[-1]))

    # Looked at together in the end: each one's reply comes while web is killed for the next.
    waits = [scene.assert_replied_once([turn], since=at) for turn, at in zip(turns, recoveries, strict=True)]
    show(json.dumps({"kill": "web, after the commit", "seconds_from_recovery": waits}))
    assert len(set(turns)) == RUNS
