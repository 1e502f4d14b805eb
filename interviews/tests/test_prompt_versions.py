"""An experiment chooses the prompt of an interview, and every result carries the version it came from."""

from collections.abc import Iterator
from unittest import mock as replacing

import pytest

from core import clock, tenancy
from interviews.services import assurance, prompts
from interviews.services.evaluation import model as evaluator
from interviews.services.interviewer import model as interviewer
from interviews.tests.spoken import CONTEXT
from interviews.tests.test_evaluation_model import INTERVIEW, evaluated
from interviews.tests.test_interviewer import replied
from llm import experiments
from llm.assurance import Found, record
from llm.models import Experiment, LlmCall, Variant
from llm.tests.asking import using
from tests.mock_model import MockModel

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def in_alpha() -> Iterator[None]:
    with tenancy.enter("alpha"):
        yield


@pytest.fixture
def mock() -> Iterator[MockModel]:
    with MockModel() as running:
        yield running


def trying(feature: str, control: str, version: str) -> None:
    """Everybody gets `version`."""
    row = Experiment.objects.create(name=feature, feature=feature)
    Variant.objects.create(experiment=row, prompt_version=control, percent=0, is_control=True)
    Variant.objects.create(experiment=row, prompt_version=version, percent=100)
    experiments.start(experiment_id=row.pk)


def passed(prompt: str) -> None:
    """The suites of evaluations were run with this prompt, and all went well."""
    figures = {"order": {"cases": 4, "met": 4, "least": 1.0}}
    now = assurance.gate_of_prompts().versions()
    found = Found("evaluation", prompt, now, "mock", figures, calls=8, cost_usd=None, started_at=clock.now())
    record(found, by="ops")


def test_a_turn_is_asked_by_the_version_of_its_experiment_and_says_so(mock: MockModel) -> None:
    trying("interview_turn", interviewer.PROMPT, "turn.v1")

    with using(mock):
        said = replied()

    assert mock.requests[0]["messages"][0]["content"].startswith(prompts.load("turn.v1"))
    assert (said.mode, said.prompt_version) == ("model", "turn.v1")
    assert LlmCall.objects.get().prompt_version == "turn.v1"


def test_a_turn_without_an_experiment_is_asked_by_the_prompt_of_the_release(mock: MockModel) -> None:
    with using(mock):
        said = replied()

    assert mock.requests[0]["messages"][0]["content"].startswith(prompts.load(interviewer.PROMPT))
    assert said.prompt_version == LlmCall.objects.get().prompt_version == interviewer.PROMPT


def test_an_evaluation_is_made_by_the_version_of_its_experiment_and_says_so(mock: MockModel) -> None:
    texts = prompts.wordings(evaluator.PROMPT)
    known = {evaluator.PROMPT, "evaluation.v9"}

    with (
        replacing.patch.dict(experiments._prompts, {"evaluation": known.__contains__}),
        replacing.patch.object(prompts, "wordings", lambda version: tuple(f"{version}\n{text}" for text in texts)),
        using(mock),
    ):
        passed("evaluation.v9")
        trying("evaluation", evaluator.PROMPT, "evaluation.v9")
        result = evaluated()

    assert {request["messages"][0]["content"].split("\n")[0] for request in mock.requests} == {"evaluation.v9"}
    assert (result.mode, result.versions["prompt"]) == ("model", "evaluation.v9")
    assert set(LlmCall.objects.values_list("interview_id", "prompt_version")) == {(INTERVIEW, "evaluation.v9")}


def test_an_evaluation_needs_a_wording_for_each_pass() -> None:
    versions = (evaluator.PROMPT, "evaluation.v2", "evaluation.v3.b", "evaluation.v99", "turn.v3")

    assert [evaluator.known(version) for version in versions] == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("kind", "version", "there"),
    [
        ("turn", "turn.v1", True),
        ("evaluation", "turn.v1", False),
        ("turn", "turn.v99", False),
        ("turn", "../prompts/turn.v1", False),
        ("turn", "", False),
    ],
)
def test_only_a_prompt_of_its_own_kind_that_a_file_holds_is_there(kind: str, version: str, there: bool) -> None:
    assert prompts.has(kind, version) is there


def test_the_interview_is_what_keeps_its_version() -> None:
    with replacing.patch.object(experiments, "prompt_version") as asked:
        interviewer.version(CONTEXT, policy=replacing.Mock(schema="alpha"))

    asked.assert_called_once_with(
        "interview_turn", schema="alpha", unit_id=CONTEXT.interview_id, default=interviewer.PROMPT
    )
