"""Which lines of a measurement are judged."""

from __future__ import annotations

import json

import pytest

from tests.load.lines import Lines


def printed(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, float | None, bool | None]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [(line["name"], line["bar"], line["ok"]) for line in lines]


def test_a_quick_run_tells_of_speed_and_is_not_failed_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(quick=True)
    lines.bar("turns.rate", 9, "turns/s", least=100)
    lines.bar("turns.memory", 900, "MB", most=350)

    assert printed(capsys) == [("turns.rate", None, None), ("turns.memory", None, None)]
    assert lines.held


def test_a_full_run_is_failed_by_a_missed_bar(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.bar("turns.memory", 340, "MB", most=350)
    assert lines.held
    lines.bar("turns.rate", 99, "turns/s", least=100)

    assert printed(capsys) == [("turns.memory", 350, True), ("turns.rate", 100, False)]
    assert not lines.held


@pytest.mark.parametrize("quick", [True, False])
def test_every_run_is_failed_by_one_lost_answer_or_a_resume_too_few(
    quick: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    lost, few = Lines(quick=quick), Lines(quick=quick)
    lost.none("turns.lost", 1, "answers")
    few.every("streams.resumed", 19, "resumes", of=20)

    assert printed(capsys) == [("turns.lost", 0, False), ("streams.resumed", 20, False)]
    assert (lost.held, few.held) == (False, False)


def test_what_cannot_be_measured_here_is_neither_held_nor_missed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.skip("gateway.rate_ratio", "times litellm")

    assert json.loads(capsys.readouterr().out) == {
        "name": "gateway.rate_ratio",
        "value": 0,
        "unit": "times litellm",
        "bar": None,
        "ok": None,
        "skipped": True,
    }
    assert lines.held
