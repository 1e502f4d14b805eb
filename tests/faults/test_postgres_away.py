"""PostgreSQL restarted in the middle of turns, and connections all taken: clear refusals, and nothing lost."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults import candidates
from tests.faults.candidates import TENANT, Candidate
from tests.faults.scene import Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

TURNS = 5
LATENCY = 2.0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL])
def test_turns_under_way_are_replied_to_once_after_a_restart(
    scene: Scene, ending: signal.Signals, show: Callable[[str], None]
) -> None:
    scene.model.set(latency=[LATENCY, LATENCY])
    turns = scene.answer(TURNS)
    wait_until(lambda: scene.model.counts()["open"] >= 1, "the model was not asked")

    scene.stack.stop_server("postgres", ending)
    scene.stack.start_servers()
    recovered = scene.now()

    scene.wait_for(turns, "replied")
    waits = scene.waits(turns, recovered)
    show(json.dumps({"postgres": f"restarted by {ending.name}", "seconds_from_recovery": waits}))
    scene.assert_replied_once(turns, since=recovered)


def test_answers_given_right_after_a_restart_are_taken_at_once(scene: Scene, show: Callable[[str], None]) -> None:
    people = scene.ready(TURNS)
    scene.stack.stop_server("postgres", signal.SIGINT)
    scene.stack.start_servers()
    recovered = scene.now()

    began = time.monotonic()
    turns = candidates.answer_all(people)
    seconds = time.monotonic() - began

    show(json.dumps({"postgres": "restarted", "acknowledged_seconds": round(seconds, 1)}))
    scene.assert_replied_once(turns, since=recovered)
    assert seconds < 5


def test_a_lock_on_all_turns_for_seconds_costs_only_those_seconds(scene: Scene) -> None:
    turns = scene.answer(TURNS)
    with scene.held(f"LOCK TABLE {TENANT}.interviews_turn IN ACCESS EXCLUSIVE MODE"):
        time.sleep(4)

    scene.assert_replied_once(turns, since=scene.now())


@pytest.fixture(scope="module")
def small_pools(shared: Scene) -> Iterator[Scene]:
    """Web with one connection, the worker with two, for the tests from here on."""
    for name, size in (("web", "1"), ("worker", "2")):
        shared.stack.give(name, DATABASE_POOL=size)
    _restart(shared)
    yield shared
    for name in ("web", "worker"):
        shared.stack.take_back(name, "DATABASE_POOL")
    _restart(shared)


def _restart(scene: Scene) -> None:
    for name in ("web", "worker"):
        scene.stack.kill(name)
    scene.stack.start("web")
    scene.stack.restart_worker()
    scene.stack.wait_for_web()


@pytest.mark.usefixtures("small_pools")
def test_many_turns_share_a_worker_with_two_connections(scene: Scene, show: Callable[[str], None]) -> None:
    began = scene.now()

    turns = scene.answer(12)

    waits = scene.assert_replied_once(turns, since=began)
    show(json.dumps({"pool": "web 1, worker 2", "turns": 12, "seconds_from_answer": waits}))


@pytest.mark.usefixtures("small_pools")
def test_with_every_connection_taken_an_answer_is_refused_clearly_and_can_be_sent_again(
    scene: Scene, show: Callable[[str], None]
) -> None:
    people = scene.ready(4)
    began = time.monotonic()

    with ThreadPoolExecutor(4) as pool, scene.held("LOCK TABLE due IN SHARE MODE") as lock:
        held = pool.submit(people[0].answer)
        scene.wait_for_blocked(lock, 1)
        refused = list(pool.map(Candidate.answer_once, people[1:]))
        seconds = time.monotonic() - began
    turns = [held.result().json()["id"], *(page.json()["id"] for page in map(Candidate.answer, people[1:]))]

    show(json.dumps({"pool": "exhausted", "refused": refused, "seconds": round(seconds, 1)}))
    scene.assert_replied_once(turns, since=scene.now())
    assert [status for status, _retry_after in refused] == [503] * 3
    assert all(retry_after for _status, retry_after in refused)
