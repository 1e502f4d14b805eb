"""`manage.py assess_evaluator --evaluator model`: one or several models alone, on interviews whose levels are known."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from core import tenancy
from interviews.services.evaluation import model
from interviews.tests import by_heart
from interviews.tests.by_heart import rating
from interviews.tests.test_assessment import BASES, FIGURES, TESTS, folder, interview
from llm.models import Account, LlmCall
from llm.tests.accounts import account
from tests import mock_answers
from tests.mock_answers import Sent

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
WEAK = "I have never really looked at that, somebody else did it for me all the time."
MIDDLING = "I looked at it twice a week and wrote the temperature into the book beside the door."
STRONG = "I measured the water at six every morning, found it four degrees too warm, and changed the order of work."
LEVELS = {WEAK: 1, MIDDLING: 3, STRONG: 5}


@pytest.fixture(autouse=True)
def on_the_platform() -> Iterator[None]:
    with tenancy.enter_platform():
        yield


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [interview("one", "low", "low", WEAK), interview("two", "medium", "medium", MIDDLING),
            interview("three", "high", "high", STRONG), interview("four", "low", "high", STRONG)]  # fmt: skip
    return folder(tmp_path, rows)


def known(request: Sent) -> Sent:
    """The level of what was said, where it is one of LEVELS."""
    rows = [row for row in mock_answers.data(request) if row["answer"] in LEVELS]
    return by_heart.said(request, rows[0] if rows else None, LEVELS[rows[0]["answer"]] if rows else 0)


def always_high(request: Sent) -> Sent:
    return by_heart.said(request, mock_answers.data(request)[0], 5)


def assessed(path: Path, *arguments: str) -> tuple[str, str]:
    """What it prints, and what it says before."""
    out, err = io.StringIO(), io.StringIO()
    call_command("assess_evaluator", *arguments, "--evaluator", "model", dataset=path, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_model_has_the_figures_of_any_evaluator_and_its_cost(data: Path) -> None:
    with rating(known) as mock:
        printed, said = assessed(data, "--json")

    [line] = printed.splitlines()
    found = json.loads(line)
    assert (found["evaluator"], found["version"], found["prompt"]) == ("model", model.VERSION, model.PROMPT)
    assert (found["model"], set(found["roles"])) == ("own-server/mock", {"baker"})
    assert set(found["overall"]) == FIGURES
    # True labels 1 1 3 3 5 5 1 5, ours 1 1 3 3 5 5 5 5.
    assert found["overall"] | {"length_qwk": 0} == {
        "interviews": 4, "accuracy": 0.875, "qwk": 0.667, "qwk_mixed": 0.0, "spearman": 0.833,
        "length_qwk": 0, "abstained": 0.0, "quotes_valid": 1.0,
    }  # fmt: skip
    assert found["calls"] == mock.chats
    assert found["seconds_p50"] is not None
    assert found["cost_usd"] is None  # nobody knows what an own server costs
    assert said.startswith(f"Up to {mock.chats} calls: own-server/mock.")
    assert set(LlmCall.objects.values_list("tenant", flat=True)) == {"public"}


def test_two_runs_have_the_same_figures_and_the_second_asks_nobody(data: Path) -> None:
    with rating(known) as mock:
        first, second = (json.loads(assessed(data, "--json")[0]) for _time in range(2))
        asked = mock.chats

    quality = ("roles", "overall", "suites", "cost_usd", "cost_usd_interview")
    assert [first[name] for name in quality] == [second[name] for name in quality]
    assert (first["calls"], first["kept"]) == (asked, 0)
    assert (second["calls"], second["kept"]) == (0, asked)
    assert second["seconds_p50"] is None


def test_the_suites_are_asked_too(tmp_path: Path) -> None:
    path = folder(tmp_path, [interview("one", "low", "high", STRONG)], tests=TESTS, bases=BASES)

    with rating(always_high):
        found = json.loads(assessed(path, "--json")[0])

    assert {name: one["cases"] for name, one in found["suites"].items()} == dict.fromkeys(TESTS, 1)


def test_several_models_are_asked_apart_and_compared_in_a_table(data: Path) -> None:
    Account.objects.update(is_enabled=False)

    def by_name(request: Sent) -> Sent:
        return known(request) if request["model"] == "large" else always_high(request)

    with rating(by_name) as mock:
        account("cheap", mock.url, "env:SOME_KEY", model="small", usd="1")
        account("dear", mock.url, "env:SOME_KEY", model="large", usd="10")
        with override_settings(LLM_ENV={"SOME_KEY": "sk-SECRET-KEY"}):  # pragma: allowlist secret
            table, said = assessed(data, "--model", "dear/large", "small")
            lines = [json.loads(line) for line in assessed(data, "--json", "--model", "large", "small")[0].splitlines()]

    large, small = lines
    half = mock.chats // 2
    assert {name: len([one for one in mock.requests if one["model"] == name]) for name in ("large", "small")} == {
        "large": half, "small": half,
    }  # fmt: skip
    assert said == f"Up to {mock.chats} calls: dear/large, cheap/small.\n"
    assert (large["overall"]["qwk"], small["overall"]["qwk"]) == (0.667, 0.0)
    assert large["cost_usd"] > small["cost_usd"] > 0
    assert large["cost_usd_interview"] == pytest.approx(large["cost_usd"] / 4, abs=1e-6)
    head, *rows = table.splitlines()[1:]
    assert head.split() == ["model", "qwk", "accuracy", "spearman", "abstained", "quotes_valid", "usd/interview",
                            "p50", "s", "p95", "s", "calls", "kept"]  # fmt: skip
    assert [row.split()[:6] for row in rows] == [
        ["dear/large", "0.667", "0.875", "0.833", "0.0", "1.0"],
        ["cheap/small", "0.0", "0.375", "-", "0.0", "1.0"],
    ]
    assert [float(row.split()[6]) for row in rows] == [large["cost_usd_interview"], small["cost_usd_interview"]]


def test_a_limit_takes_interviews_from_all_over_the_data(data: Path) -> None:
    with rating(known):
        found = json.loads(assessed(data, "--json", "--limit", "2")[0])

    assert found["overall"]["interviews"] == 2
    assert found["overall"]["accuracy"] == 1.0  # the first and the third


def test_more_calls_than_allowed_are_refused_with_nothing_asked(data: Path) -> None:
    with rating(known) as mock, pytest.raises(CommandError, match=r"more than --most-calls 2\. Nothing was asked\."):
        assessed(data, "--most-calls", "2")

    assert mock.chats == LlmCall.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "huge"], "huge is no model in use. There are: own-server/mock."),
        (["--prompt", "evaluation.v99"], "There is no prompt evaluation.v99."),
    ],
)
def test_a_name_that_there_is_not_is_refused(data: Path, arguments: list[str], said: str) -> None:
    with rating(known) as mock, pytest.raises(CommandError) as refusal:
        assessed(data, *arguments)

    assert (str(refusal.value), mock.chats) == (said, 0)


def test_without_a_model_it_says_which_setting_makes_one(data: Path) -> None:
    with override_settings(LLM_ENV={}), pytest.raises(CommandError, match="Set OPENAI_BASE_URL and LLM_MODEL"):
        assessed(data)


def test_a_model_that_goes_away_is_an_error_that_says_how_to_go_on(data: Path) -> None:
    with rating(known) as mock:
        mock.server.set(fault="401", every=3)
        with pytest.raises(CommandError, match="run the command again to go on where it ended"):
            assessed(data)


def test_the_basic_evaluator_has_no_model(data: Path) -> None:
    with pytest.raises(CommandError, match="need --evaluator model"):
        call_command("assess_evaluator", "--model", "x", dataset=data, stdout=io.StringIO())
