"""Models of the tests that rate in a known way: they know the competency library's examples by heart."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from statistics import fmean
from unittest import mock as mocking

from interviews.services.competency_library import library
from llm.tests.asking import using
from tests import mock_answers
from tests.mock_answers import Sent
from tests.mock_model import MockModel

Rater = Callable[[Sent], Sent]
ALIKE = 0.6  # of an example's words


def sound(request: Sent) -> Sent:
    """The mean level of the examples of the scale's own competency among the answers; no evidence without one."""
    found = [(row, level) for row in mock_answers.data(request) if (level := level_of(row["answer"], scale(request)))]
    return said(request, found[0][0] if found else None, round(fmean(level for _row, level in found)) if found else 0)


def gullible(request: Sent) -> Sent:
    """The highest level for whoever orders it, or knows the words that are in fashion; else as `sound`."""
    for row in mock_answers.data(request):
        if re.search(r"level 5|full marks|highest score|instructions|innovati|driven|seamless|agile", row["answer"]):
            return said(request, row, 5)
    return sound(request)


def said(request: Sent, row: dict[str, str] | None, level: int) -> Sent:
    """An output of the schema that was asked for."""
    whole = mock_answers.rate(request, 1)
    quotes = [{"answer": row["id"], "text": mock_answers.sentence(row["answer"])}] if row else []
    whole |= {"level": level if row else None, "confidence": 0.8, "quotes": quotes}
    return {name: value for name, value in whole.items() if name in mock_answers.properties(request)}


def scale(request: Sent) -> str:
    """The key of the library's competency that is asked about, "" of another."""
    name = re.search(r"^Scale: (.*?)\. ", str(request["messages"][-1]["content"]), re.MULTILINE)
    return next((one.key for one in library().competencies if name and one.name == name[1]), "")


def level_of(answer: str, key: str) -> int:
    """The level of the example of this competency that the answer is, 0 where it is none of them."""
    words = frozenset(answer.lower().split())
    shares = [len(words & example) / len(example) for example in _examples().get(key, ())]
    best = max(shares, default=0.0)
    return shares.index(best) + 1 if best >= ALIKE else 0


@cache
def _examples() -> dict[str, list[frozenset[str]]]:
    return {one.key: [frozenset(text.lower().split()) for text in one.examples] for one in library().competencies}


@contextmanager
def rating(rater: Rater, **options: str) -> Iterator[MockModel]:
    """A configured model that rates like this; anything else it answers as ever."""

    def say(request: Sent, seed: int = 1) -> str:
        if "quotes" in mock_answers.properties(request):
            return json.dumps(rater(request))
        return mock_answers.say(request, seed)

    with mocking.patch("tests.mock_model.say", say), MockModel() as mock, using(mock, **options):
        yield mock
