"""What the model server of the tests says when a plan is drafted."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock as mocking

from interviews.services import drafting
from interviews.tests.drafted import FOLLOW_UPS, LEVELS, LIBRARY, SUPERVISOR
from llm.policy import TenantPolicy
from llm.tests.asking import using
from tests import mock_faults
from tests.mock_answers import Sent, properties
from tests.mock_model import MockModel

ALPHA = TenantPolicy(schema="alpha")
# What the model calls a competency, its dimension, the words of SUPERVISOR that it gives, and what it asks about.
PROPOSED = (
    ("Preventing harm", "technical", "You report\nevery hazard", "hazard"),
    ("Loading on time", "technical", "schedule the loading of eight trucks", "loading"),
    ("Finding causes", "technical", "picking errors at their root cause", "picking error"),
    ("Leading the crew", "communication", "lead a team of twelve order pickers", "quarrel"),
    ("Answering for numbers", "values", "take responsibility for the numbers", "target"),
)
Said = dict[str, Any]


def competencies() -> Said:
    """The first answer, as it should be."""
    return {"competencies": [_competency(name, dimension, words) for name, dimension, words, _ in PROPOSED]}


def questions() -> Said:
    """The second answer, as it should be."""
    wordings = ("Tell me about the hardest {} of your last year.", "How did you deal with the first {} you met?")
    return {
        "questions": [
            {"competency": f"C{place}", "text": wording.format(about), "follow_ups": dict(FOLLOW_UPS)}
            for place, (_, _, _, about) in enumerate(PROPOSED, 1)
            for wording in wordings
        ]
    }


def _competency(name: str, dimension: str, words: str) -> Said:
    return {
        "name": name,
        "definition": f"{name} on a night shift, so that it holds.",
        "dimension": dimension,
        "importance": 5,
        "why": [words],
        "anchors": [level.format(name) for level in LEVELS],
    }


def changed(said: Said, *path: Any, to: Any) -> Said:
    """A copy with one value replaced."""
    found = copy.deepcopy(said)
    inner: Any = found
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return found


def lacking(said: Said, *path: Any) -> Said:
    """A copy without one key."""
    found = copy.deepcopy(said)
    inner: Any = found
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return found


Answer = Said | str


@contextmanager
def saying(first: Answer | None = None, second: Answer | None = None) -> Iterator[MockModel]:
    """A model that says this to the two calls of a draft; what is not given is as it should be."""
    answers: dict[str, Answer] = {
        "competencies": competencies() if first is None else first,
        "questions": questions() if second is None else second,
    }

    def say(request: Sent, _text: str) -> str:
        wanted = next(name for name in answers if name in properties(request))
        said = answers[wanted]
        return said if isinstance(said, str) else json.dumps(said)

    fault: dict[str, Callable[..., Any]] = {"drafts": mock_faults.answer(say)}
    with mocking.patch.dict(mock_faults.FAULTS, fault), MockModel() as model, using(model, "mock!drafts"):
        yield model


def drafted(description: str = SUPERVISOR, **how: Any) -> drafting.DraftPlan:
    return drafting.draft_with_model(description, ALPHA, library=LIBRARY, **how)
