"""`make bench` in its quick form: every line is well-formed, and nothing is lost or doubled. How fast is not asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.load.limits import KINDS
from tests.stack import ROOT

pytestmark = pytest.mark.prove

TURNS = ("turns", "room", "capacity", "streams", "neighbours", "off")
BARS = (*TURNS, "gateway", "limits", "prompts", "cache", "costs", "tenants")
OVER = tuple(f"over_{what}" for what in (*KINDS, "budget"))
NOTHING = (
    *("lost", "doubled", "disordered", "errors", "doubled_events", "scripted"),
    *("misses", "by_a_model", "restarts", "unsettled", "drifted", "incomplete", *OVER),
)
JUDGED = (*NOTHING, "resumed", "recovered", "answered_alike")  # however small the run
COMMAND = [sys.executable, "-m", "tests.load", "--quick"]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    # Beside this run, not below it.
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    ended = subprocess.run(COMMAND, cwd=ROOT, env=env, capture_output=True, text=True, timeout=1200, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not ended.stderr, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_every_line_names_a_figure_its_unit_and_its_bar(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        assert list(line) == ["name", "value", "unit", "bar", "ok", *(["skipped"] if "skipped" in line else [])]
        assert isinstance(line["value"], float | int)
        assert (line["bar"] is None) == (line["ok"] is None)
    assert len({line["name"] for line in lines}) == len(lines)
    assert {line["name"].partition(".")[0] for line in lines} == set(BARS)


def test_nothing_is_lost_or_doubled_and_the_model_answered_everything(lines: list[dict[str, Any]]) -> None:
    found = {line["name"]: line["value"] for line in lines if line["name"].rpartition(".")[2] in NOTHING}

    assert found == dict.fromkeys(found, 0)
    assert {f"{bar}.{what}" for bar in TURNS for what in ("lost", "doubled")} <= set(found)


def test_the_platform_s_time_is_what_is_left_of_a_turn_without_the_model(lines: list[dict[str, Any]]) -> None:
    [least] = [line["value"] for line in lines if line["name"] == "room.platform_p50"]

    assert 0 < least < 5000


def test_a_quick_run_judges_what_is_right_and_only_tells_how_fast(lines: list[dict[str, Any]]) -> None:
    judged = {line["name"] for line in lines if line["bar"] is not None}

    assert judged == {line["name"] for line in lines if line["name"].rpartition(".")[2] in JUDGED}
    assert {"turns.rate", "room.platform_p95", "gateway.added_p50"} <= {line["name"] for line in lines} - judged
