"""A storm: the worker is killed every two seconds while it asks about turns, until 200 turns were replied to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from tests.faults.candidates import TENANT, Candidate
from tests.faults.scene import Scene
from tests.stack import wait_until

pytestmark = pytest.mark.prove

TURNS, CANDIDATES = 200, 50
KILL_SECONDS, LEAST_ASKING = 2.0, 5
LATENCY = [1, 2.5]  # seconds of the model: a kill finds many turns being asked about, and some are done between two
STORM_SECONDS = 300
WORKERS = ("worker", "worker-2")  # one is killed while the other works: a start takes longer than two seconds
ASKING = f"SELECT id, fence FROM {TENANT}.interviews_turn WHERE status = 'asking'"
OPEN = f"SELECT interview_id FROM {TENANT}.interviews_turn WHERE status = 'open'"
REPLIED = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE status = 'replied' AND interview_id = ANY(%s)"


@dataclass(slots=True)
class Storm:
    """What happened to these candidates' turns."""

    scene: Scene
    people: dict[UUID, Candidate]
    acknowledged: list[UUID] = field(default_factory=list)
    kills: int = 0
    caught: int = 0  # turns that a kill found being asked about
    seconds: float = 0.0
    calm_seconds: float = 0.0
    _seen: set[tuple[UUID, int]] = field(default_factory=set)

    def rage(self) -> None:
        """Kill until enough turns were replied to, while everybody goes on answering."""
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            while self.replied() < TURNS:
                assert time.monotonic() - began < STORM_SECONDS, f"{self.replied()} replies, {self.kills} kills"
                self.answer(pool)
                self.kill()
                time.sleep(KILL_SECONDS)
        self.seconds = time.monotonic() - began

    def answer(self, pool: ThreadPoolExecutor) -> None:
        """Everybody who sees an open question answers it."""
        people = [self.people[interview] for (interview,) in self.scene.stack.rows(OPEN) if interview in self.people]
        for page in pool.map(Candidate.answer, people):
            assert page.status == 202, page.text[:200]
            self.acknowledged.append(UUID(page.json()["id"]))

    def kill(self) -> None:
        """SIGKILL one of the two workers, and start it again, if enough turns are being asked about."""
        asking = set(self.scene.stack.rows(ASKING)) - self._seen
        if len(asking) < LEAST_ASKING:
            return
        name = WORKERS[self.kills % 2]
        self.scene.stack.kill(name)
        self.scene.stack.start(name, "worker")
        self.kills, self.caught = self.kills + 1, self.caught + len(asking)
        self._seen |= asking

    def replied(self) -> int:
        return int(self.scene.stack.value(REPLIED, list(self.people)))

    def calm(self) -> None:
        """Both workers go on until nothing is owed."""
        began = time.monotonic()
        wait_until(lambda: self._owed() == 0, "turns are still owed", seconds=120, pause=0.2)
        self.calm_seconds = time.monotonic() - began

    def _owed(self) -> int:
        statement = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE id = ANY(%s) AND status IN ('owed', 'asking')"
        return int(self.scene.stack.value(statement, self.acknowledged))


@pytest.fixture(scope="module")
def storm(shared: Scene) -> Iterator[Storm]:
    shared.heal()
    shared.model.set(latency=LATENCY)
    shared.stack.restart_worker(WORKERS[1])
    people = shared.invited(CANDIDATES)
    made = Storm(shared, people)
    made.rage()
    made.calm()
    yield made
    shared.stack.end(WORKERS[1])


def test_after_the_storm_every_answer_has_one_reply_or_one_visible_failure(
    storm: Storm, show: Callable[[str], None]
) -> None:
    statement = f"""SELECT status, mode, count(*), max(attempts) FROM {TENANT}.interviews_turn
                     WHERE id = ANY(%s) GROUP BY status, mode ORDER BY status, mode"""
    found = [list(row) for row in storm.scene.stack.rows(statement, storm.acknowledged)]
    figures = {"kills": storm.kills, "caught": storm.caught, "answers": len(storm.acknowledged), "turns": found}
    show(json.dumps({"storm": figures, "seconds": round(storm.seconds), "calm_seconds": round(storm.calm_seconds)}))

    assert storm.kills >= 10
    assert len(set(storm.acknowledged)) == len(storm.acknowledged) >= TURNS
    outcomes = storm.scene.outcomes(storm.acknowledged)
    assert outcomes <= {("replied", 1, 1, 1, 0), ("replied", 0, 1, 1, 0), ("failed", 0, 1, 0, 1)}
    assert sum(count for status, _mode, count, _attempts in found if status == "replied") >= TURNS


def test_after_the_storm_no_interview_has_a_question_twice_or_too_few(storm: Storm) -> None:
    statement = f"""SELECT interview_id, array_agg(number ORDER BY number), count(DISTINCT question_id),
                           array_agg(status ORDER BY number)
                      FROM {TENANT}.interviews_turn WHERE interview_id = ANY(%s) GROUP BY interview_id"""
    rows = storm.scene.stack.rows(statement, list(storm.people))

    assert len(rows) == CANDIDATES
    for _interview, numbers, questions, statuses in rows:
        assert numbers == list(range(1, questions + 1))
        assert set(statuses[:-1]) <= {"replied"}
