"""A plan that the linter has nothing to say about, for its tests."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_linter import lint

ANCHORS = (
    "Leaves the work to others and cannot say what was done.",
    "Follows steps that somebody else laid out.",
    "Plans the steps, takes them and checks the outcome.",
    "Compares two ways with figures before choosing one.",
    "Shows months later that the change held, and who learned from it.",
)


def competency(key: str, weight: str, dimension: str = "technical", **changes: Any) -> CompetencyPlan:
    one = CompetencyPlan(key, key.title(), f"What {key} is.", dimension, Decimal(weight), ANCHORS)
    return replace(one, **changes)


PLAN = JobPlan(
    slug="baker",
    title="Baker",
    minutes=20,
    competencies=(
        competency("dough", "0.4"),
        competency("hygiene", "0.25"),
        competency("guests", "0.25", "communication"),
        competency("candour", "0.1", "values"),
    ),
    questions=(
        QuestionPlan("Tell me about a dough that did not rise.", ("dough",)),
        QuestionPlan("How did you plan the busiest night of your last year?", ("dough",)),
        QuestionPlan("Describe how you kept allergens apart in your last bakery.", ("hygiene",)),
        QuestionPlan("Tell me about a guest who was angry.", ("guests",)),
        QuestionPlan("Describe a mistake of yours that nobody else had seen.", ("candour",)),
    ),
)


def codes(plan: JobPlan) -> list[tuple[str, str, int | None, str]]:
    """What is said about a plan: severity, code, question and competency."""
    return [(str(one.severity), one.code, one.question, one.competency) for one in lint(plan)]


def with_competency(place: int, **changes: Any) -> JobPlan:
    """The plan with one competency changed."""
    found = list(PLAN.competencies)
    found[place] = replace(found[place], **changes)
    return replace(PLAN, competencies=tuple(found))


def with_question(place: int, **changes: Any) -> JobPlan:
    found = list(PLAN.questions)
    found[place] = replace(found[place], **changes)
    return replace(PLAN, questions=tuple(found))
