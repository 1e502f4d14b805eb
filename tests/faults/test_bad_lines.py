"""Bad lines between the client, web, worker, Valkey and PostgreSQL: slow is slow, and nothing is lost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.faults import candidates
from tests.faults.proxy import Proxy
from tests.faults.scene import Scene

pytestmark = pytest.mark.prove

TURNS = 5
# A claim whose acknowledgement was cut off is nobody's: it waits for its lease (10 s) and up to two looks (6 s each).
LEASE_AND_LOOKS = 22.0
BEHIND = [("web", "valkey"), ("worker", "valkey"), ("web", "postgres"), ("worker", "postgres")]
WEATHERS: dict[str, dict[str, float | int]] = {
    "latency": {"latency": 0.02, "jitter": 0.02},
    "slicer": {"slice_bytes": 40, "slice_pause": 0.001},
    "slow": {"bytes_a_second": 100_000},
}


@pytest.mark.parametrize("weather", WEATHERS)
def test_turns_get_their_replies_over_bad_lines_behind_web_and_worker(
    scene: Scene, weather: str, show: Callable[[str], None]
) -> None:
    people = scene.ready(TURNS)
    for ends in BEHIND:
        scene.lines[ends].set(**WEATHERS[weather])

    began = scene.now()
    turns = candidates.answer_all(people)

    waits = scene.assert_replied_once(turns, since=began)
    show(json.dumps({"lines": weather, "seconds_from_answer": waits}))


@pytest.mark.parametrize("act", ["cut", "reset"])
@pytest.mark.parametrize("ends", BEHIND, ids=lambda ends: "-".join(ends))
def test_a_line_that_breaks_in_the_middle_of_turns_costs_no_turn(
    scene: Scene, ends: tuple[str, str], act: str, show: Callable[[str], None]
) -> None:
    people = scene.ready(TURNS)
    line = scene.lines[ends]

    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(candidates.answer_all, people)
        for _time in range(5):
            getattr(line, act)()
            time.sleep(0.3)
    recovered = scene.now()
    turns = answered.result()

    waits = scene.assert_replied_once(turns, since=recovered, within=LEASE_AND_LOOKS)
    show(json.dumps({"line": "-".join(ends), "broken": f"{act}, 5 times", "seconds_from_recovery": waits}))


@pytest.mark.parametrize(
    "weather",
    [{"latency": 0.3, "jitter": 0.2}, {"slice_bytes": 20, "slice_pause": 0.005}, {"bytes_a_second": 2000}],
    ids=["latency", "slicer", "slow"],
)
def test_a_client_on_a_bad_line_has_its_answer_taken_once(scene: Scene, weather: dict[str, float]) -> None:
    line, people = scene.lines["client", "web"], scene.ready(TURNS)
    line.set(**weather)

    turns = candidates.answer_all(people, url=_address(line))

    scene.assert_replied_once(turns, since=scene.now())


@pytest.mark.parametrize("cut_after", [1, 100, 400])
def test_a_client_whose_line_is_cut_sends_the_answer_again_and_it_is_taken_once(scene: Scene, cut_after: int) -> None:
    """The acknowledgement is cut off before, within and after its head; the same key is sent until it comes."""
    line, [one] = scene.lines["client", "web"], scene.ready(1)
    line.set(cut_after=cut_after)
    key = uuid4()

    for _time in range(3):
        with pytest.raises(ConnectionError):
            one.answer(key=key, url=_address(line), patience=0)
    line.set()
    page = one.answer(key=key, url=_address(line))

    assert page.status == 202
    scene.assert_replied_once([page.json()["id"]], since=scene.now())


def _address(line: Proxy) -> str:
    return f"http://127.0.0.1:{line.port}"
