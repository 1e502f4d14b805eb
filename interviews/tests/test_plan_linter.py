"""What the linter says about a whole plan: gaps, scales, weights, minutes."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_linter import coverage, effort, errors, lint
from interviews.tests import make
from interviews.tests.planned import ANCHORS, PLAN, codes, competency, with_competency, with_question

DEMO = Path(__file__).parents[1] / "data" / "demo.json"


def test_a_good_plan_gets_no_remark() -> None:
    assert lint(PLAN) == ()


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (replace(PLAN, questions=PLAN.questions[:4]), [("error", "no_question", None, "candour")]),
        (
            with_question(0, competencies=()),
            [("warning", "no_competency", 1, ""), ("warning", "one_question", None, "dough")],
        ),
        (with_question(4, competencies=("candour", "luck")), [("error", "unknown_competency", 5, "luck")]),
        (
            with_question(0, competencies=("dough", "hygiene", "guests", "candour")),
            [("warning", "many_on_a_question", 1, "")],
        ),
        (with_question(1, competencies=("hygiene",)), [("warning", "one_question", None, "dough")]),
        (with_question(1, text="Tell me about a dough that did not rise!"), [("warning", "same_question", 2, "")]),
        (
            with_question(3, text="How would you calm an angry guest?"),
            [("warning", "only_hypothetical", None, "guests"), ("hint", "hypothetical", 4, "")],
        ),
        (
            replace(PLAN, competencies=(*PLAN.competencies, competency("dough", "0"))),
            [
                ("error", "same_key", None, "dough"),
                ("hint", "zero_weight", None, "dough"),
            ],
        ),
    ],
)
def test_gaps_between_questions_and_competencies(
    plan: JobPlan, expected: list[tuple[str, str, int | None, str]]
) -> None:
    assert codes(plan) == expected


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("Tell me about a fault that came back.", "Tell us of a fault that came back to you.", True),
        ("Tell me about the hardest fault of last year.", "Tell me about the hardest sale of last year.", False),
        ("Tell me about a time you were wrong.", "What went wrong?", False),
        ("Why so?", "Why so?", True),
        ("", "", True),
    ],
)
def test_two_questions_are_the_same_by_their_words_of_content(text: str, other: str, same: bool) -> None:
    assert coverage.is_same(text, other) is same


def test_a_plan_without_anything_says_what_to_add() -> None:
    empty = replace(PLAN, questions=(), competencies=())

    assert codes(empty) == [("error", "no_questions", None, ""), ("error", "no_competencies", None, "")]
    assert [remark.message for remark in lint(empty)] == ["Add at least one question.", "Add at least one competency."]


def test_more_competencies_than_an_interview_pays_for_are_too_many() -> None:
    names = [f"skill{number}" for number in range(9)]
    many = replace(
        PLAN,
        minutes=60,
        competencies=tuple(competency(name, "1") for name in names),
        questions=tuple(QuestionPlan(f"Describe the last {name} that you used at work.", (name,)) for name in names),
    )

    assert ("warning", "many_competencies", None, "") in codes(many)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (("40", "25", "25", "10"), []),
        (("0.333", "0.333", "0.333", "0"), [("hint", "zero_weight", None, "candour")]),
        (("2", "1", "1", "0.4"), [("warning", "weights_sum", None, "")]),
        (("0.3", "0.25", "0.25", "0.2"), [("warning", "values_weight", None, "")]),
        (
            ("0", "0", "0", "0"),
            [("error", "no_weight", None, ""), *(("hint", "zero_weight", None, one.key) for one in PLAN.competencies)],
        ),
        (("-1", "0.5", "0.4", "0.1"), [("error", "bad_weight", None, "dough")]),
        (("NaN", "0.5", "0.4", "0.1"), [("error", "bad_weight", None, "dough")]),
        (("sNaN", "0.5", "0.4", "0.1"), [("error", "bad_weight", None, "dough")]),
        (("Infinity", "0.5", "0.4", "0.1"), [("error", "bad_weight", None, "dough")]),
    ],
)
def test_weights(weights: tuple[str, ...], expected: list[tuple[str, str, int | None, str]]) -> None:
    found = tuple(replace(one, weight=Decimal(weight)) for one, weight in zip(PLAN.competencies, weights, strict=True))
    twice = (*PLAN.questions, QuestionPlan("Describe the cleanest kitchen you have left.", ("hygiene",)))
    twice = (*twice, QuestionPlan("Which question of a guest taught you most?", ("guests",)))

    assert codes(replace(PLAN, competencies=found, questions=twice, minutes=25)) == expected


def test_a_weight_that_no_column_holds_is_an_error() -> None:
    assert ("error", "bad_weight", None, "dough") in codes(with_competency(0, weight=Decimal(100)))


@pytest.mark.parametrize(
    ("anchors", "expected"),
    [
        (("", *ANCHORS[1:]), [("error", "no_anchor")]),
        ((ANCHORS[0], "", ANCHORS[2], " .", ANCHORS[4]), [("hint", "no_anchor"), ("hint", "no_anchor")]),
        ((*ANCHORS[:4], ANCHORS[3].upper()), [("error", "same_anchor")]),
        ((*ANCHORS[:4], "Often compares two ways with figures before choosing one."), [("warning", "same_anchor")]),
        ((*ANCHORS[:4], "Does not compare two ways with figures before choosing one."), []),
        (("Guesses.", *ANCHORS[1:]), [("hint", "thin_anchor")]),
    ],
)
def test_anchors(anchors: tuple[str, str, str, str, str], expected: list[tuple[str, str]]) -> None:
    assert codes(with_competency(0, anchors=anchors)) == [
        (severity, code, None, "dough") for severity, code in expected
    ]


def test_the_minutes_are_those_of_questions_follow_ups_and_words() -> None:
    """5 questions of 2.5 min, 4 follow-ups of 1.25 min, 1.5 min around, 47 words at 200 a minute."""
    assert effort.estimate(PLAN) == effort.Effort(14.2, 16.7, 19.2)
    assert effort.estimate(replace(PLAN, max_probes=0)) == effort.Effort(14.2, 14.2, 14.2)
    assert effort.estimate(replace(PLAN, intro="word " * 200)).least == 15.2


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(10, "minutes_short"), (16, "minutes_short"), (17, "minutes_tight"), (20, ""), (38, ""), (39, "minutes_long")],
)
def test_minutes_that_do_not_fit_are_said(minutes: int, code: str) -> None:
    assert [remark.code for remark in lint(replace(PLAN, minutes=minutes))] == ([code] if code else [])


def test_a_remark_about_minutes_names_both_numbers() -> None:
    (remark,) = lint(replace(PLAN, minutes=10))

    assert remark.message == "Allow 17 minutes or ask less: that is what this plan takes, and it allows 10."


def test_errors_come_first_and_then_warnings_and_hints() -> None:
    plan = replace(with_question(0, text="Do you have children?"), jurisdiction="Mars", minutes=17)
    found = codes(plan)

    assert found[:2] == [("error", "unknown_jurisdiction", None, ""), ("error", "illegal_topic", 1, "")]
    assert [severity for severity, *_ in found] == ["error", "error", "warning", "hint"]
    assert [remark.code for remark in errors(lint(plan))] == ["unknown_jurisdiction", "illegal_topic"]


def test_the_same_plan_gets_the_same_remarks() -> None:
    assert lint(make.PLAN) == lint(make.PLAN)
    assert {code for _, code, _, _ in codes(make.PLAN)} == {
        *("values_weight", "one_question", "same_anchor", "thin_anchor", "minutes_long")
    } - {"same_anchor"}


def jobs() -> list[Any]:
    tenants = json.loads(DEMO.read_text(encoding="utf-8"))["tenants"]
    return [pytest.param(job, id=job["slug"]) for tenant in tenants for job in tenant["jobs"]]


@pytest.mark.parametrize("job", jobs())
def test_the_demo_jobs_have_no_error_and_are_warned_about_their_ifs_alone(job: dict[str, Any]) -> None:
    plan = JobPlan(
        slug=job["slug"],
        title=job["title"],
        intro=job["intro"],
        minutes=job["minutes"],
        competencies=tuple(
            CompetencyPlan(
                key=row["key"],
                name=row["name"],
                definition=row["definition"],
                dimension=row["dimension"],
                weight=Decimal(row["weight"]),
                anchors=tuple(row["anchors"]),
            )
            for row in job["competencies"]
        ),
        questions=tuple(QuestionPlan(row["text"], tuple(row["competencies"])) for row in job["questions"]),
    )

    found = codes(plan)

    assert {code for severity, code, _, _ in found if severity != "hint"} <= {"only_hypothetical"}
    assert errors(lint(plan)) == ()
