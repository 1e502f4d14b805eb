"""A model server that says what a test wants, call by call, for the tests of the evaluator."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock
from uuid import UUID

from interviews.services import prompts
from interviews.services.evaluation import evaluate, model
from interviews.services.evaluation.types import Answer, CompetencyText, EvaluationContext, Result
from interviews.tests.rated import JOB, THRESHOLDS
from llm.policy import TenantPolicy
from llm.tests.asking import using
from tests import mock_answers, mock_faults
from tests.mock_model import MockModel

INTERVIEW = UUID("01890000-0000-7000-8000-0000000000aa")


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as the server sees it: the scale's name, the wording from 0, and the answers by their ids."""

    scale: str
    wording: int
    answers: dict[str, str]

    @property
    def quote(self) -> dict[str, str]:
        """The first sentence of the first answer."""
        name, text = next(iter(self.answers.items()))
        return {"answer": name, "text": mock_answers.sentence(text)}


Says = Callable[[Asked], Any]  # an object, or the text itself


@contextmanager
def saying(says: Says) -> Iterator[MockModel]:
    """The configured model says this."""

    def change(request: dict[str, Any], _text: str) -> str:
        said = says(_asked(request))
        return said if isinstance(said, str) else json.dumps(said)

    faults = mock.patch.dict(mock_faults.FAULTS, {"scripted": mock_faults.answer(change)})
    with MockModel() as server, faults, using(server, "mock!scripted"):
        yield server


def rated_by(
    says: Says, answers: list[Answer], competencies: tuple[CompetencyText, ...] = JOB, mapped: bool | None = None
) -> Result:
    """The evaluation that follows."""
    with saying(says):
        return evaluate(
            competencies=competencies,
            answers=answers,
            thresholds=THRESHOLDS,
            policy=TenantPolicy(schema="alpha"),
            context=EvaluationContext(interview_id=INTERVIEW, known=(), mapped=mapped),
        )


def found(asked: Asked, level: int | None, **changes: Any) -> dict[str, Any]:
    """A sound output with this level, of the keys that this pass is asked for."""
    quotes = [] if level is None else [asked.quote]
    sound: dict[str, Any] = {"quotes": quotes, "level": level, "confidence": 0.9}
    if asked.wording == 0:
        sound |= {"counter_evidence": [], "not_covered": "Nothing about costs.", "rationale": "It is concrete."}
        return sound | changes
    return sound | {name: value for name, value in changes.items() if name in sound}


def _asked(request: dict[str, Any]) -> Asked:
    rules, data = (str(message["content"]) for message in request["messages"][:2])
    wordings = prompts.wordings(model.PROMPT)
    [wording] = [place for place, text in enumerate(wordings) if rules.startswith(text)]
    scale = data.rpartition("\nScale: ")[2].partition(". ")[0]
    return Asked(scale, wording, {row["id"]: row["answer"] for row in mock_answers.data(request)})
