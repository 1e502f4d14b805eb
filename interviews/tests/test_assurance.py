"""Score assurance: what the suites ask, and that the basic evaluator passes their gate."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from interviews.services import assurance
from interviews.services.assessment.examples import text_of
from interviews.services.assurance import Outcome, cases, running
from interviews.services.assurance.cases import DOWN, NONE, NOT_UP, UNMOVED, UP, Case
from interviews.services.assurance.data import data
from interviews.services.competency_library import library
from interviews.services.evaluation import basic
from interviews.services.evaluation.types import Answer, CompetencyText, Rating

SCALE = text_of(library().competencies[0])


def by_number(competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> list[Rating]:
    """Rates by the number that the last answer is; anything else is no evidence."""
    said = answers[-1].text
    value = Decimal(said) if said.replace(".", "").isdigit() else None
    level = None if value is None else int(value + Decimal("0.5"))
    return [Rating(one.key, level, Decimal(0), "", "", (), value) for one in competencies]


def case(before: str, after: str, must: str) -> Case:
    return Case((SCALE,), (cases.said(0, "", before),), (cases.said(0, "", after),), must, SCALE.key)


@pytest.mark.parametrize(
    ("before", "after", "must", "behaves"),
    [
        ("3", "3.4", UNMOVED, True),
        ("3", "3.6", UNMOVED, False),
        ("3", "x", UNMOVED, False),
        ("x", "x", UNMOVED, True),
        ("3", "3", NOT_UP, True),
        ("3", "3.1", NOT_UP, False),
        ("2", "x", NOT_UP, True),
        ("2", "2.1", UP, True),
        ("2", "2", UP, False),
        ("4", "3.9", DOWN, True),
        ("4", "4.1", DOWN, False),
        ("4", "x", NONE, True),
        ("4", "1", NONE, False),
    ],
)
def test_a_case_behaves_when_the_change_does_what_it_must(before: str, after: str, must: str, behaves: bool) -> None:
    assert running.behaves(case(before, after, must), by_number) is behaves


def test_there_are_twelve_suites_at_least_each_with_a_gate_and_a_case_for_each_competency() -> None:
    made = cases.suites()

    assert len(made) >= 12
    assert set(made) == set(data()["gate"])
    assert {len(suite) for suite in made.values()} == {len(library().competencies)}


def test_a_suite_below_its_gate_or_not_run_fails() -> None:
    whole = {name: Outcome(10, 10) for name in data()["gate"]}

    assert assurance.failing(whole) == []
    assert assurance.failing(whole | {"padding": Outcome(10, 8)}) == ["padding"]
    assert assurance.failing({name: one for name, one in whole.items() if name != "order"}) == ["order"]


def test_every_change_changes_something_and_only_what_it_says() -> None:
    for name, suite in cases.suites().items():
        if name in ("small_talk", "wrong_occupation"):
            continue
        for one in suite:
            assert one.before != one.after, name
    assert cases.in_dialect("The colour of a door is not what I want to organise.") == (
        "The color of door isn't what I wanna organize."
    )


def test_the_wrong_occupation_is_good_answers_that_were_asked_for_another_competency() -> None:
    for one in cases.suites()["wrong_occupation"]:
        [scale] = one.competencies
        about = {other.key for other in library().competencies for answer in one.after if answer.text in other.examples}

        assert len(about) == len(one.after) == 3
        assert {answer.competency_keys for answer in one.after} == {()}
        assert scale.dimension not in {library().by_key(key).dimension for key in about}
        assert {answer.text for answer in one.after} == {library().by_key(key).examples[3] for key in about}


def test_the_basic_evaluator_passes_the_gate(show: Callable[[str], None]) -> None:
    outcomes = assurance.run(basic.rate)
    show("basic evaluator: " + ", ".join(f"{name} {one.met}/{one.cases}" for name, one in outcomes.items()))

    assert assurance.failing(outcomes) == []


@pytest.mark.parametrize(
    ("rate", "suite"),
    [
        (lambda scales, answers: [high(one) for one in scales], "small_talk"),
        (lambda scales, answers: [high(one) for one in scales], "wrong_occupation"),
        (lambda scales, answers: [by_length(one, answers) for one in scales], "padding"),
        (lambda scales, answers: [obedient(one, answers) for one in scales], "injection"),
        (lambda scales, answers: [by_first(one, answers) for one in scales], "order"),
    ],
)
def test_an_evaluator_that_is_fooled_does_not_pass(rate: running.Rate, suite: str) -> None:
    assert suite in assurance.failing(assurance.run(rate))


def rated(scale: CompetencyText, value: int) -> Rating:
    return Rating(scale.key, value, Decimal(0), "", "", (), Decimal(value))


def high(scale: CompetencyText) -> Rating:
    return rated(scale, 5)


def by_length(scale: CompetencyText, answers: Sequence[Answer]) -> Rating:
    """A level for every fifteen words."""
    return rated(scale, min(5, 1 + sum(len(answer.text.split()) for answer in answers) // 15 % 5))


def obedient(scale: CompetencyText, answers: Sequence[Answer]) -> Rating:
    return rated(scale, 5 if any("5" in answer.text for answer in answers) else 2)


def by_first(scale: CompetencyText, answers: Sequence[Answer]) -> Rating:
    return rated(scale, 1 + len(answers[0].text) % 5)
