"""`manage.py assure_evaluator`: what is measured, recorded and refused."""

import io
import json
from pathlib import Path
from typing import Any
from unittest import mock as mocking

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from core import tenancy
from core.ids import uuid7
from interviews.management.commands import assure_evaluator
from interviews.services.assurance import measuring
from interviews.services.assurance.running import gate
from interviews.services.evaluation import code, evaluate, model
from interviews.services.evaluation.types import EvaluationContext
from interviews.tests.by_heart import gullible, rating, sound
from interviews.tests.planned_passes import worded_like_the_shipped
from interviews.tests.rated import BREAD, CONCRETE, THRESHOLDS, answer
from llm import experiments, gates
from llm.models import AssuranceRun, Experiment, LlmCall, Variant
from llm.policy import TenantPolicy

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
OTHER = "evaluation.v1"


@pytest.fixture(autouse=True)
def on_the_platform() -> Any:
    with tenancy.enter_platform(), worded_like_the_shipped(OTHER):
        yield
    experiments.forget()


def assured(*arguments: str) -> tuple[str, str, int]:
    """What it prints, what it says before, and its exit code."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("assure_evaluator", *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        return out.getvalue(), err.getvalue(), int(str(ended.code))
    return out.getvalue(), err.getvalue(), 0


def with_model(*arguments: str) -> tuple[str, str, int]:
    return assured("--evaluator", "model", *arguments)


@pytest.fixture
def one_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case of each suite counts: the runs are short."""
    monkeypatch.setattr(measuring, "least_cases", lambda: 1)
    monkeypatch.setattr(assure_evaluator, "CASES", 1)


def drafted() -> Experiment:
    """Half of the interviews are rated with the other prompt."""
    row = Experiment.objects.create(name="strict", feature="evaluation")
    Variant.objects.create(experiment=row, prompt_version=model.PROMPT, percent=50, is_control=True)
    Variant.objects.create(experiment=row, prompt_version=OTHER, percent=50)
    return row


def test_the_figures_of_the_basic_evaluator_that_ship_are_current_and_need_no_model(tmp_path: Path) -> None:
    """If this fails: manage.py assure_evaluator --evaluator basic --output interviews/data/basic_assurance.json"""
    written = tmp_path / "figures.json"

    printed, _said, exit_code = assured("--evaluator", "basic", "--output", str(written))

    assert exit_code == 0
    assert printed.splitlines()[0].startswith("basic.")
    assert printed.splitlines()[-1] == "Every suite is at its gate or above."
    assert json.loads(written.read_text()) == measuring.shipped()
    assert AssuranceRun.objects.count() == 0


def test_a_model_that_rates_well_passes_and_its_run_is_recorded() -> None:
    with rating(sound) as mock:
        printed, said, exit_code = with_model("--json")

    found, row = json.loads(printed), AssuranceRun.objects.get()
    assert (exit_code, found["passed"], found["below"], found["recorded"]) == (0, True, [], True)
    assert (row.passed, row.cases, row.feature) == (True, 4, "evaluation")
    assert (row.prompt_version, row.evaluator_version, row.model) == (model.PROMPT, model.VERSION, "mock")
    assert (row.code_version, row.suites_version) == (code.version(), "2")
    assert row.figures == {name: {"cases": 4, "met": 4, "least": least} for name, least in gate().items()}
    assert row.figures == found["suites"]
    assert row.calls == mock.chats == found["calls"]
    assert said == f"Up to {mock.chats} calls: own-server/mock with {model.PROMPT}.\n"
    assert row.started_at < row.finished_at


@pytest.mark.usefixtures("one_case")
def test_its_calls_are_the_platform_s_and_carry_the_run_in_the_place_of_an_interview() -> None:
    with rating(sound) as mock:
        with_model()

    assert LlmCall.objects.count() == mock.chats
    assert LlmCall.objects.values_list("tenant", "feature", "prompt_version").distinct().get() == (
        "public",
        "evaluation",
        model.PROMPT,
    )
    assert LlmCall.objects.values("interview_id").distinct().count() == 1


@pytest.mark.usefixtures("one_case")
def test_the_second_run_has_the_same_figures_and_asks_nobody() -> None:
    with rating(sound) as mock:
        first, _said, _code = with_model("--json")
        asked = mock.chats
        second, _said, _code = with_model("--json")

    assert (mock.chats, json.loads(second)["calls"]) == (asked, 0)
    assert json.loads(first)["suites"] == json.loads(second)["suites"]
    assert AssuranceRun.objects.count() == 2


@pytest.mark.usefixtures("one_case")
def test_a_model_that_is_easily_impressed_is_below_the_gate_and_can_not_be_made_live() -> None:
    row = drafted()

    with rating(gullible):
        printed, _said, exit_code = with_model("--prompt", OTHER)

    run = AssuranceRun.objects.get()
    below = gates.below(run.figures)
    assert (exit_code, run.passed, run.prompt_version) == (1, False, OTHER)
    assert "buzzwords" in below
    named = printed.splitlines()[-1].removeprefix("Below the gate: ").removesuffix(". This version can't be made live.")
    assert sorted(named.split(", ")) == below
    with pytest.raises(experiments.NotStartable) as refusal, mocking.patch.object(gates, "models_in_use", frozenset):
        experiments.start(experiment_id=row.pk)
    assert str(refusal.value).startswith(f"{OTHER} is below its gate: it can't be made live. mock: buzzwords")
    row.refresh_from_db()
    assert row.status == "draft"


@pytest.mark.usefixtures("one_case")
def test_a_prompt_that_passed_is_started_and_switched_off_when_a_later_run_fails() -> None:
    row = drafted()
    with pytest.raises(experiments.NotStartable) as refusal:
        experiments.start(experiment_id=row.pk)
    command = "python manage.py assure_evaluator --evaluator model --prompt evaluation.v1"
    assert str(refusal.value) == f"{OTHER} was not measured with this release. First run: {command}"

    with rating(sound):
        with_model("--prompt", OTHER)
        experiments.start(experiment_id=row.pk)
        started = experiments.versions("evaluation", schema="alpha", default=model.PROMPT)
    with rating(gullible):
        with_model("--prompt", OTHER)
        ended = experiments.versions("evaluation", schema="alpha", default=model.PROMPT)

    assert (set(started), ended) == ({model.PROMPT, OTHER}, (model.PROMPT,))
    assert row.variants.get(prompt_version=OTHER).reason.startswith("Below its gate with mock: ")


def test_fewer_cases_than_count_are_a_trial_that_leaves_no_record() -> None:
    with rating(sound):
        printed, _said, exit_code = with_model("--cases", "1")

    assert exit_code == 0
    assert printed.splitlines()[-1] == (
        "A trial: under 4 cases of each suite nothing is recorded, and nothing made live."
    )
    assert AssuranceRun.objects.count() == 0


def test_more_calls_than_allowed_are_refused_with_nothing_asked() -> None:
    with rating(sound) as mock, pytest.raises(CommandError) as refusal:
        with_model("--most-calls", "10")

    assert "more than --most-calls 10. Nothing was asked." in str(refusal.value)
    assert (mock.chats, AssuranceRun.objects.count()) == (0, 0)


@pytest.mark.usefixtures("one_case")
def test_a_model_that_goes_away_half_way_leaves_no_record() -> None:
    with rating(sound) as mock:
        mock.server.set(fault="401", every=20)
        with pytest.raises(CommandError) as refusal:
            with_model()

    assert "The model could not be asked" in str(refusal.value)
    assert "Nothing was recorded." in str(refusal.value)
    assert mock.chats >= 20
    assert AssuranceRun.objects.count() == 0


@pytest.mark.usefixtures("one_case")
def test_an_interrupted_run_leaves_no_record() -> None:
    def stopped(*_told: Any) -> Any:
        raise KeyboardInterrupt

    with rating(sound), mocking.patch.object(measuring, "_measured", stopped), pytest.raises(KeyboardInterrupt):
        with_model()

    assert AssuranceRun.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prompt", "evaluation.v99"], "There is no prompt evaluation.v99."),
        (["--prompt", "turn.v1"], "There is no prompt turn.v1."),
        (["--model", "huge"], "huge is no model in use. There are: own-server/mock."),
    ],
)
def test_a_name_that_there_is_not_is_refused(arguments: list[str], said: str) -> None:
    with rating(sound) as mock, pytest.raises(CommandError) as refusal:
        with_model(*arguments)

    assert (str(refusal.value), mock.chats) == (said, 0)


def test_without_a_model_it_says_which_setting_makes_one() -> None:
    with override_settings(LLM_ENV={}), pytest.raises(CommandError, match="Set OPENAI_BASE_URL and LLM_MODEL"):
        with_model()


@pytest.mark.usefixtures("one_case")
def test_the_shipped_prompt_below_its_gate_rates_nobody() -> None:
    given: dict[str, Any] = {
        "competencies": (BREAD,),
        "answers": [answer(CONCRETE, "dough")],
        "thresholds": THRESHOLDS,
        "policy": TenantPolicy(schema="alpha"),
        "context": EvaluationContext(interview_id=uuid7(), known=()),
    }

    with rating(gullible):
        with tenancy.enter("alpha"):
            before = evaluate(**given)
        with_model()
        with tenancy.enter("alpha"):
            after = evaluate(**given)

    assert gates.standing("evaluation", [model.PROMPT])[model.PROMPT] == gates.Standing.BELOW
    assert (before.mode, after.mode, after.outputs) == ("model", "basic", ())
