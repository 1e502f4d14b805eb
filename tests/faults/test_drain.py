"""A worker that is asked to end finishes what it asks, or gives it back; a killed one loses nothing."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.scene import Scene
from tests.faults.simulated import Result, Simulation, clean
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.prove

TENANT = "drain"
INTERVIEWS, CONCURRENCY = 12, 6
LEAST_ASKING = 3
LEASE_SECONDS = 15
LATENCY = [3, 4]  # seconds of the model: there is time to end a worker while it asks
Turns = dict[Any, int]  # id -> fence


@dataclass(frozen=True, slots=True)
class End:
    """One end of the worker: what it asked when it was told to, and what the rows said when it was gone (seconds)."""

    held: Turns
    left: Turns
    code: int
    seconds: float
    taken_after: float  # from the worker's end until the next one had claimed all that was left


@dataclass(frozen=True, slots=True)
class Run:
    stack: Stack
    result: Result
    drained: End
    hurried: End
    killed: End


@pytest.fixture(scope="module")
def run(shared: Scene) -> Run:
    shared.heal()
    shared.model.set(latency=LATENCY)
    simulation, running = Simulation(shared, TENANT, INTERVIEWS, CONCURRENCY), shared.stack
    simulation.begin()
    drained = _end(running, lambda: None)
    hurried = _end(running, lambda: running.signal("worker", signal.SIGTERM), after=0.5)
    killed = _end(running, lambda: running.signal("worker", signal.SIGKILL), after=2.0)
    return Run(running, simulation.finish(), drained, hurried, killed)


def _end(running: Stack, then: Callable[[], None], *, after: float = 0.0) -> End:
    """SIGTERM while the worker asks about enough turns, and `then()` `after` seconds; starts the next worker."""
    wait_until(lambda: len(_asking(running)) >= LEAST_ASKING, "the worker did not ask", seconds=90)
    held, began = _asking(running), time.monotonic()
    running.signal("worker", signal.SIGTERM)
    time.sleep(after)
    then()
    wait_until(lambda: "worker" in running.ended(), "the worker did not end", seconds=45)
    ended, left = time.monotonic(), _asking(running)
    code = running.exit_code("worker")
    running.restart_worker()
    wait_until(lambda: not left.items() & _asking(running).items(), "what was left stays so", seconds=60)
    taken_after = time.monotonic() - ended
    wait_until(lambda: len(_replied(running, left)) == len(left), "what was left got no reply", seconds=60)
    return End(held, left, code, round(ended - began, 2), round(taken_after, 2))


def _asking(running: Stack) -> Turns:
    return dict(running.rows("SELECT id, fence FROM drain.interviews_turn WHERE status = 'asking'"))


def _replied(running: Stack, turns: Turns) -> Turns:
    """Which of these turns were replied, with their last fence."""
    statement = "SELECT id, fence FROM drain.interviews_turn WHERE status = 'replied' AND id = ANY(%s)"
    return dict(running.rows(statement, list(turns)))


def test_a_worker_that_drains_answers_itself_what_it_asked(run: Run, show: Callable[[str], None]) -> None:
    end = run.drained

    show(json.dumps({"held": len(end.held), "seconds": end.seconds}))
    assert len(end.held) >= LEAST_ASKING
    assert (end.code, end.left) == (0, {})
    assert end.seconds < 45
    assert _replied(run.stack, end.held) == end.held  # the same fence: nobody else claimed them, no lease ran out


def test_a_worker_that_is_asked_twice_gives_its_leases_back_and_ends_at_once(
    run: Run, show: Callable[[str], None]
) -> None:
    end = run.hurried

    show(json.dumps({"left": len(end.left), "seconds": end.seconds, "taken_after_seconds": end.taken_after}))
    assert len(end.left) >= 1
    assert (end.code, end.seconds < 4) == (0, True)
    assert end.taken_after < LEASE_SECONDS - 3
    assert _replied(run.stack, end.left) == {turn: fence + 1 for turn, fence in end.left.items()}


def test_what_a_killed_worker_held_is_answered_by_the_next(run: Run, show: Callable[[str], None]) -> None:
    end = run.killed

    show(json.dumps({"left": len(end.left), "taken_after_seconds": end.taken_after}))
    assert len(end.left) >= 1
    assert end.code == -signal.SIGKILL
    assert _replied(run.stack, end.left) == {turn: fence + 1 for turn, fence in end.left.items()}


def test_no_answer_is_lost_or_doubled_over_three_ends(run: Run) -> None:
    replies = run.stack.rows(
        "SELECT DISTINCT count(*) FROM drain.audit_event WHERE action = 'turn.replied' GROUP BY object_id"
    )

    assert run.result.figures() == clean(INTERVIEWS)
    assert replies == [(1,)]
