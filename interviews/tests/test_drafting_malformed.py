"""Malformed outputs of a model, in either of the two calls of a draft: none of it gets into the plan."""

import json
from collections.abc import Iterator

import pytest

from core import tenancy
from interviews.services import drafting
from interviews.services.plan_linter import errors
from interviews.tests.drafted import LIBRARY, SUPERVISOR
from interviews.tests.drafted_by_model import Answer, changed, competencies, drafted, lacking, questions, saying

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

HUGE = 10**400
GOOD, ASKED = competencies(), questions()
FIRST, SECOND = json.dumps(GOOD), json.dumps(ASKED)
IN = ("competencies", 0)
AT = ("questions", 0)

BROKEN_FIRST: dict[str, Answer] = {
    "words": "I would rate safety, planning and leading.",
    "half": FIRST[: len(FIRST) // 2],
    "twice": FIRST + FIRST,
    "a list": f"[{FIRST}]",
    "null": "null",
    "a number": "7",
    "the second answer": SECOND,
    "a key twice": FIRST[:-1] + ', "competencies": []}',
    "NaN": FIRST.replace('"importance": 5', '"importance": NaN', 1),
    "Infinity": FIRST.replace('"importance": 5', '"importance": Infinity', 1),
    "deep": "[" * 5000 + "]" * 5000,
    "an unknown key": {**GOOD, "publish": True},
    "an unknown key inside": changed(GOOD, *IN, "score", to=5),
    "no competencies": {},
    "competencies are none": changed(GOOD, "competencies", to=[]),
    "three competencies": changed(GOOD, "competencies", to=GOOD["competencies"][:3]),
    "eight competencies": changed(GOOD, "competencies", to=(GOOD["competencies"] * 2)[:8]),
    "competencies are a text": changed(GOOD, "competencies", to="safety"),
    "competencies are null": changed(GOOD, "competencies", to=None),
    "a competency is a text": changed(GOOD, *IN, to="safety"),
    "no name": lacking(GOOD, *IN, "name"),
    "an empty name": changed(GOOD, *IN, "name", to=""),
    "a name of 81": changed(GOOD, *IN, "name", to="n" * 81),
    "a name is a number": changed(GOOD, *IN, "name", to=7),
    "a NUL in a name": changed(GOOD, *IN, "name", to="Safe\0ty"),
    "half a pair in a name": changed(GOOD, *IN, "name", to="Safe\ud800ty"),
    "no definition": lacking(GOOD, *IN, "definition"),
    "a long definition": changed(GOOD, *IN, "definition", to="d" * 301),
    "an unknown dimension": changed(GOOD, *IN, "dimension", to="culture fit"),
    "no dimension": lacking(GOOD, *IN, "dimension"),
    "no importance": lacking(GOOD, *IN, "importance"),
    "importance 0": changed(GOOD, *IN, "importance", to=0),
    "importance 11": changed(GOOD, *IN, "importance", to=11),
    "importance 5.5": changed(GOOD, *IN, "importance", to=5.5),
    "importance is huge": changed(GOOD, *IN, "importance", to=HUGE),
    "importance is a text": changed(GOOD, *IN, "importance", to="5"),
    "importance is true": changed(GOOD, *IN, "importance", to=True),
    "no why": lacking(GOOD, *IN, "why"),
    "why is empty": changed(GOOD, *IN, "why", to=[]),
    "why is a text": changed(GOOD, *IN, "why", to="safety"),
    "four whys": changed(GOOD, *IN, "why", to=["safety"] * 4),
    "no anchors": lacking(GOOD, *IN, "anchors"),
    "four anchors": changed(GOOD, *IN, "anchors", to=GOOD["competencies"][0]["anchors"][:4]),
    "six anchors": changed(GOOD, *IN, "anchors", to=[*GOOD["competencies"][0]["anchors"], "Six."]),
    "an empty anchor": changed(GOOD, *IN, "anchors", 2, to=""),
    "an anchor is null": changed(GOOD, *IN, "anchors", 2, to=None),
    "a long anchor": changed(GOOD, *IN, "anchors", 2, to="a" * 301),
    "anchors are an object": changed(GOOD, *IN, "anchors", to={"1": "a", "2": "b", "3": "c", "4": "d", "5": "e"}),
}
BROKEN_SECOND: dict[str, Answer] = {
    "words": "Ask about safety.",
    "half": SECOND[: len(SECOND) // 2],
    "the first answer": FIRST,
    "a list": f"[{SECOND}]",
    "a key twice": SECOND[:-1] + ', "questions": []}',
    "an unknown key": {**ASKED, "publish": True},
    "an unknown key inside": changed(ASKED, *AT, "level", to=5),
    "no questions": {},
    "questions are none": changed(ASKED, "questions", to=[]),
    "fifteen questions": changed(ASKED, "questions", to=(ASKED["questions"] * 2)[:15]),
    "questions are null": changed(ASKED, "questions", to=None),
    "a question is a text": changed(ASKED, *AT, to="Tell me about a hazard."),
    "no text": lacking(ASKED, *AT, "text"),
    "an empty text": changed(ASKED, *AT, "text", to=""),
    "a text of 301": changed(ASKED, *AT, "text", to="t" * 301),
    "a NUL in a text": changed(ASKED, *AT, "text", to="Tell me\0 about a hazard."),
    "half a pair in a text": changed(ASKED, *AT, "text", to="Tell me\udc00 about a hazard."),
    "no competency": lacking(ASKED, *AT, "competency"),
    "a competency is a number": changed(ASKED, *AT, "competency", to=1),
    "no follow-ups": lacking(ASKED, *AT, "follow_ups"),
    "follow-ups are a list": changed(ASKED, *AT, "follow_ups", to=["What came of it?"]),
    "a kind is missing": lacking(ASKED, *AT, "follow_ups", "result"),
    "an unknown kind": changed(ASKED, *AT, "follow_ups", "verdict", to="Would you hire yourself?"),
    "a follow-up is null": changed(ASKED, *AT, "follow_ups", "result", to=None),
    "a long follow-up": changed(ASKED, *AT, "follow_ups", "result", to="r" * 301),
}


@pytest.fixture(autouse=True)
def in_alpha() -> Iterator[None]:
    with tenancy.enter("alpha"):
        yield


def assert_the_librarys(draft: drafting.DraftPlan) -> None:
    """The draft is the one that needs no model, and it says why."""
    assert (draft.source, bool(draft.trouble)) == ("basic", True)
    assert draft.plan == drafting.draft(SUPERVISOR, library=LIBRARY).plan
    assert errors(draft.remarks) == ()


@pytest.mark.parametrize("name", list(BROKEN_FIRST))
def test_a_broken_first_answer_is_asked_for_once_more_and_then_the_library_drafts(name: str) -> None:
    with saying(BROKEN_FIRST[name]) as model:
        draft = drafted()
        asked = model.chats

    assert_the_librarys(draft)
    assert asked == 2


@pytest.mark.parametrize("name", list(BROKEN_SECOND))
def test_a_broken_second_answer_is_asked_for_once_more_and_then_the_library_drafts(name: str) -> None:
    with saying(second=BROKEN_SECOND[name]) as model:
        draft = drafted()
        asked = model.chats

    assert_the_librarys(draft)
    assert asked == 3


def test_an_answer_in_a_code_fence_is_read() -> None:
    with saying(f"```json\n{FIRST}\n```", f"```json\n{SECOND}\n```"):
        assert drafted().source == "model"


def test_there_are_enough_of_them() -> None:
    assert (len(BROKEN_FIRST), len(BROKEN_SECOND)) == (48, 25)
