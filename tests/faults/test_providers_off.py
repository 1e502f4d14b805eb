"""Every provider is off while fifty interviews are held, then on again: no error, and no result stays provisional."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.request import urlopen

import pytest

from tests.faults.scene import Scene
from tests.faults.simulated import Result, Simulation, clean
from tests.stack import wait_until

pytestmark = pytest.mark.prove

TENANT = "outage"
INTERVIEWS, CONCURRENCY = 50, 12
OUTAGE = {"fault": "reset", "every": 1, "latency": [0, 0]}
PLAY_SECONDS, REDO_SECONDS = 120, 150
EVALUATIONS = f"SELECT status, mode, count(*) FROM {TENANT}.interviews_evaluation GROUP BY 1, 2 ORDER BY 1, 2"
WAITING = f"SELECT count(*) FROM {TENANT}.interviews_evaluation WHERE status IN ('owed', 'running', 'provisional')"
WORKED_ON = WAITING.replace(", 'provisional'", "")
TURNS = f"SELECT mode, count(*) FROM {TENANT}.interviews_turn WHERE status = 'replied' GROUP BY 1 ORDER BY 1"
READY = f"""SELECT count(*), count(DISTINCT interview_id) FROM {TENANT}.interviews_evaluation
             WHERE status = 'ready' AND mode = 'model'"""


@dataclass(frozen=True, slots=True)
class Run:
    """The rows at the end of the outage and after the recovery; seconds of both."""

    scene: Scene
    result: Result
    evaluated: list[tuple[Any, ...]]
    errors: int
    off_seconds: float
    redo_seconds: float


def server_errors(scene: Scene) -> int:
    """Requests that were answered with 500 or above."""
    with urlopen(f"http://127.0.0.1:{scene.stack.env['INTERNAL_PORT']}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    found = [line for line in lines if line.startswith("candor_requests_total{") and 'status="5' in line]
    return sum(int(float(line.rpartition(" ")[2])) for line in found)


@pytest.fixture(scope="module")
def run(shared: Scene) -> Run:
    shared.heal()
    errors, began = server_errors(shared), time.monotonic()
    shared.model.set(**OUTAGE)
    simulation = Simulation(shared, TENANT, INTERVIEWS, CONCURRENCY)
    simulation.begin()
    simulation.wait(PLAY_SECONDS)
    wait_until(lambda: shared.stack.value(WORKED_ON) == 0, "evaluations wait for a model without end", pause=0.5)
    evaluated = shared.stack.rows(EVALUATIONS)
    off = time.monotonic() - began
    result = simulation.finish()  # the model answers again
    waited = wait_until(
        lambda: shared.stack.value(WAITING) == 0, "results stay provisional", seconds=REDO_SECONDS, pause=0.5
    )
    return Run(shared, result, evaluated, server_errors(shared) - errors, off, waited)


def test_every_interview_completes_without_a_server_error(run: Run, show: Callable[[str], None]) -> None:
    figures = run.result.report | {
        "http_5xx": run.errors,
        "evaluations_while_off": [list(row) for row in run.evaluated],
        "evaluations_at_the_end": [list(row) for row in run.scene.stack.rows(EVALUATIONS)],
        "turns": [list(row) for row in run.scene.stack.rows(TURNS)],
        "off_seconds": round(run.off_seconds, 1),
        "redo_seconds": round(run.redo_seconds, 1),
    }
    show(json.dumps({"providers_off": figures}))

    assert (run.result.figures(), run.result.exit_code, run.errors) == (clean(INTERVIEWS), 0, 0)


def test_while_all_were_off_no_result_was_more_than_provisional(run: Run) -> None:
    [current, *earlier] = run.evaluated  # one that was made early may have been made again in vain

    assert [(status, mode) for status, mode, _count in earlier] in ([], [("superseded", "basic")])
    assert current == ("provisional", "basic", INTERVIEWS)


def test_afterwards_each_interview_has_one_ready_result_of_a_model_made_by_itself(run: Run) -> None:
    rows = run.scene.stack.rows

    assert rows(READY) == [(INTERVIEWS, INTERVIEWS)]
    assert {status for status, _mode, _count in rows(EVALUATIONS)} == {"ready", "superseded"}
    assert rows("SELECT count(*) FROM due WHERE tenant = %s AND kind LIKE 'evaluation%%'", TENANT) == [(0,)]
