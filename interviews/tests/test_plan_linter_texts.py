"""What the linter says beside the questions: private matters elsewhere, lengths, numbers that no column holds."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from interviews.services.competency_library import library
from interviews.services.interviewer import followups
from interviews.services.jobs import JobPlan
from interviews.services.plan_linter import Remark, lint, wording
from interviews.tests.planned import ANCHORS, PLAN, codes, with_competency, with_question
from interviews.tests.spoken import CONTEXT

PRIVATE = "Has no small children at home and is not pregnant."


def found(plan: JobPlan, code: str) -> list[tuple[str, str, int | None, str]]:
    return [(str(one.severity), one.field, one.question, one.competency) for one in lint(plan) if one.code == code]


def test_a_plan_without_fault_has_none_of_these() -> None:
    assert codes(PLAN) == []


def test_a_scale_about_a_private_matter_is_an_error_wherever_it_says_so() -> None:
    for field, plan in {
        "name": with_competency(0, name="How many children"),
        "definition": with_competency(0, definition=PRIVATE),
        "anchor_4": with_competency(0, anchors=(*ANCHORS[:3], PRIVATE, ANCHORS[4])),
    }.items():
        assert set(found(plan, "illegal_topic")) == {("error", field, None, "dough")}


def test_a_follow_up_about_one_is_an_error_at_its_question() -> None:
    plan = with_question(1, follow_ups={"clarify": "How old are you?"})

    assert found(plan, "illegal_topic") == [("error", "clarify", 2, "")]


def test_an_intro_that_asks_about_one_is_an_error_and_one_that_speaks_of_it_a_warning() -> None:
    asks = replace(PLAN, intro="Are you pregnant?")
    speaks = replace(PLAN, intro="Nobody here asks how many children you have.")

    assert found(asks, "illegal_topic") == [("error", "intro", None, "")]
    assert found(speaks, "illegal_topic") == [("warning", "intro", None, "")]


def test_the_library_touches_none() -> None:
    texts = [
        text
        for one in library().competencies
        for text in (one.name, one.definition, *one.anchors, *(q.text for q in one.questions))
    ]
    asked = [text for one in library().competencies for q in one.questions for text in q.follow_ups.values()]

    assert [text for text in [*texts, *asked] if list(wording.private_matters(text, ""))] == []
    assert len(texts) + len(asked) == 527


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Do manage teams; what is your age?", "your age"),
        ("Describe your agenda and say what is your age today.", "your age"),
    ],
)
def test_the_place_of_a_private_matter_is_in_whole_words(text: str, words: str) -> None:
    [remark] = [one for one in wording.remarks(text) if one.code == "illegal_topic"]

    assert text[remark.start : remark.end] == words


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"title": "x" * 161}, "title"), ({"location": "x" * 121}, "location")],
)
def test_what_no_column_holds_is_an_error(changes: dict[str, Any], field: str) -> None:
    assert found(replace(PLAN, **changes), "over_length") == [("error", field, None, "")]
    fits = {name: value[:-1] for name, value in changes.items()}
    assert found(replace(PLAN, **fits), "over_length") == []


def test_a_name_or_key_that_no_column_holds_is_an_error() -> None:
    key = "k" * 61
    plan = with_competency(0, key=key, name="n" * 121)

    assert found(plan, "over_length") == [("error", "name", None, key), ("error", "key", None, key)]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"minutes": 4}, "minutes_range", "minutes"),
        ({"minutes": 241}, "minutes_range", "minutes"),
        ({"threshold_hire": Decimal(101)}, "thresholds_range", "threshold_hire"),
        ({"threshold_maybe": Decimal("NaN")}, "thresholds_range", "threshold_hire"),
        ({"threshold_hire": Decimal(40)}, "thresholds_order", "threshold_hire"),
        ({"coverage_floor": Decimal("1.01")}, "floor_range", "coverage_floor"),
        ({"coverage_floor": Decimal("Infinity")}, "floor_range", "coverage_floor"),
    ],
)
def test_numbers_out_of_range_are_errors(changes: dict[str, Any], code: str, field: str) -> None:
    assert found(replace(PLAN, **changes), code) == [("error", field, None, "")]


@pytest.mark.parametrize("weight", ["1E+999999", "-1E+999999", "NaN", "sNaN", "Infinity", "100", "-0.001"])
def test_no_weight_breaks_the_linter(weight: str) -> None:
    plan = with_competency(0, weight=Decimal(weight))

    assert found(plan, "bad_weight") == [("error", "weight", None, "dough")]


def test_a_weight_below_what_the_column_holds_is_none() -> None:
    weightless = tuple(replace(one, weight=Decimal("1E-999999")) for one in PLAN.competencies)

    remarks: tuple[Remark, ...] = lint(replace(PLAN, competencies=weightless))

    assert [one.code for one in remarks if one.severity == "error"] == ["no_weight"]


def test_a_follow_up_that_was_written_is_asked_first_and_once() -> None:
    written = replace(CONTEXT, written={"evidence": "Which dough was it, and what did you see?"})

    first = followups.scripted(written)
    assert first is not None
    assert first.text == "Which dough was it, and what did you see?"
    again = followups.scripted(replace(written, questions=(*written.questions, first.text)))
    assert again == followups.scripted(CONTEXT)
    assert followups.scripted(replace(CONTEXT, written={"clarify": "What do you mean?"})) == followups.scripted(CONTEXT)
