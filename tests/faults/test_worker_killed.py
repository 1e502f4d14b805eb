"""Twelve interviews with a slow model, the worker killed in the middle of replies, Valkey flushed once."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

import pytest

from tests.faults.kills import Killer, ledger_rows, replied, unsettled
from tests.faults.scene import Scene
from tests.faults.simulated import Result, Simulation, clean
from tests.stack import Stack, wait_until

pytestmark = pytest.mark.prove

TENANT = "killed"
INTERVIEWS, CONCURRENCY = 12, 8
KILLS, FLUSH_AFTER = 3, 2
REPLIES_BETWEEN = 12  # so that the kills spread over the run
PATIENCE = 300  # seconds; a turn may be unlucky more than once
LATENCY = [1.5, 3]  # seconds of the model while workers are killed


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its result, who killed, and seconds."""

    scene: Scene
    result: Result
    killer: Killer
    flushed_at: datetime
    seconds: float

    @property
    def stack(self) -> Stack:
        return self.scene.stack


@pytest.fixture(scope="module")
def run(shared: Scene) -> Run:
    shared.heal()
    shared.model.set(latency=LATENCY)
    began, running, killer = time.monotonic(), shared.stack, Killer(shared.stack, shared.model, TENANT)
    simulation = Simulation(shared, TENANT, INTERVIEWS, CONCURRENCY, PATIENCE)
    simulation.begin()
    for number in range(1, KILLS + 1):
        _wait_for_replies(running)
        killer.kill_while_asking()
        running.restart_worker()
        if number == FLUSH_AFTER:
            running.redis.flushall()
            flushed_at = running.value("SELECT now()")
    result = simulation.finish()
    return Run(shared, result, killer, flushed_at, round(time.monotonic() - began, 1))


def _wait_for_replies(running: Stack) -> None:
    enough = replied(running, TENANT) + REPLIES_BETWEEN
    wait_until(lambda: replied(running, TENANT) >= enough, "the replies stopped", seconds=120)


def test_every_interview_completes_and_no_answer_is_lost_or_doubled(run: Run, show: Callable[[str], None]) -> None:
    kills = run.killer.kills
    show(json.dumps(run.result.report | {"kills": [asdict(kill) for kill in kills], "seconds": run.seconds}))

    assert [kill.asking >= 1 for kill in kills] == [True] * KILLS
    assert (run.result.figures(), run.result.exit_code) == (clean(INTERVIEWS), 0)


def test_every_answer_has_one_reply_and_one_next_question_or_the_end(run: Run) -> None:
    turns: dict[object, list[tuple[int, str, str]]] = {}
    statement = f"SELECT interview_id, number, kind, status FROM {TENANT}.interviews_turn ORDER BY number"
    for interview, *turn in run.stack.rows(statement):
        turns.setdefault(interview, []).append(tuple(turn))

    assert len(turns) == INTERVIEWS
    for found in turns.values():
        assert [number for number, _, _ in found] == list(range(1, len(found) + 1))
        assert {status for _, _, status in found} == {"replied"}
        assert Counter(kind for _, kind, _ in found)["core"] == 5
    total = sum(map(len, turns.values()))
    assert _audited(run, "turn.answered") == total
    assert _audited(run, "turn.replied") == total


def _audited(run: Run, action: str) -> int:
    """How many turns have this event, each exactly once."""
    rows = run.stack.rows(
        f"SELECT object_id, count(*) FROM {TENANT}.audit_event WHERE action = %s GROUP BY object_id", action
    )
    assert {count for _, count in rows} == {1}
    return len(rows)


def test_the_quota_counts_each_started_interview_once(run: Run) -> None:
    used = run.stack.rows(
        "SELECT reserved, consumed FROM billing_quotaperiod p JOIN billing_subscription s ON s.id = p.subscription_id"
        " JOIN tenants_tenant t ON t.id = s.tenant_id WHERE t.schema_name = %s",
        TENANT,
    )
    started = run.stack.value(f"SELECT count(*) FROM {TENANT}.interviews_interview WHERE started_at IS NOT NULL")

    assert started == INTERVIEWS
    assert used == [(0, INTERVIEWS)]


def test_the_ledger_has_a_row_for_each_request_that_reached_the_model(run: Run) -> None:
    assert ledger_rows(run.stack, TENANT) == run.killer.requests()
    assert unsettled(run.stack, TENANT) == run.killer.kills[-1].unsettled
    assert run.killer.kills[-1].unsettled >= KILLS


def test_every_interview_has_one_evaluation(run: Run) -> None:
    rows = run.stack.rows(f"SELECT status, count(*) FROM {TENANT}.interviews_evaluation GROUP BY status")

    assert rows == [("ready", INTERVIEWS)]


def test_an_answer_given_after_the_flush_got_its_reply_by_the_message(run: Run, show: Callable[[str], None]) -> None:
    waits = "extract(epoch FROM replied_at - answered_at) - model_ms / 1000.0"
    first = run.stack.value(
        f"SELECT {waits} FROM {TENANT}.interviews_turn WHERE answered_at > %s AND fence = 1"
        " ORDER BY answered_at LIMIT 1",
        run.flushed_at,
    )

    show(json.dumps({"first_wait_after_flush_seconds": round(float(first), 2)}))
    assert first < 4  # the sweeper's first look is after 5 seconds


def test_web_worker_and_beat_reach_each_other_within_seconds_after_a_flush(
    run: Run, show: Callable[[str], None]
) -> None:
    run.stack.redis.flushall()

    report = Simulation(run.scene, TENANT, interviews=1).play().report
    swept_seconds = _seconds_to_a_sweep(run.stack)

    show(json.dumps({"after_flush": report["platform_ms"], "swept_seconds": round(swept_seconds, 1)}))
    assert report["completed"] == 1
    assert report["platform_ms"]["p95"] < 3000  # by the message; the sweeper's first look is after 5 seconds
    assert swept_seconds < 15


def _seconds_to_a_sweep(running: Stack) -> float:
    """How long it takes until beat's message makes the worker look at a row that falls due now."""
    due = running.value(
        "INSERT INTO due (id, tenant, kind, object_id, due_at, attempts, error)"
        f" SELECT gen_random_uuid(), '{TENANT}', 'quota_release', id, now(), 0, '' FROM {TENANT}.interviews_interview"
        " LIMIT 1 RETURNING id"
    )
    gone = "SELECT count(*) FROM due WHERE id = %s"
    return wait_until(lambda: running.value(gone, due) == 0, "nothing was swept")
