"""A plan that somebody works on, as it is kept: JSON of the plan and of what drafting said about it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from interviews.models import Competency
from interviews.services.competency_library import LibraryCompetency, library
from interviews.services.drafting import DraftPlan
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_linter.coverage import FINEST_WEIGHT, counted

WEIGHT = Decimal("0.2")
OF_VALUES = (
    4  # values weigh this part: they are judged least alike, so they count little unless a person says otherwise
)
NUMBERS = ("threshold_hire", "threshold_maybe", "coverage_floor")


@dataclass(frozen=True, slots=True)
class Drafted:
    """Where the competencies and questions came from.

    :param source: model or basic (the library); "" where nothing was drafted.
    :param trouble: why the library took the model's place, "" where it did not.
    :param reasons: competency key -> why it was chosen.
    """

    source: str = ""
    trouble: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Working:
    """A plan that may be incomplete; its slug is "" until there is a job."""

    plan: JobPlan
    drafted: Drafted = Drafted()


def empty(title: str = "") -> JobPlan:
    """A plan with nothing to ask yet."""
    return JobPlan(slug="", title=title, competencies=(), questions=())


def dumped(working: Working) -> str:
    """The JSON that is kept."""
    return json.dumps(asdict(working), ensure_ascii=False, default=str)


def loaded(text: str) -> Working:
    """What `dumped` wrote."""
    data = json.loads(text)
    plan = data["plan"]
    competencies = tuple(map(_competency, plan.pop("competencies")))
    questions = tuple(map(_question, plan.pop("questions")))
    plan |= {name: Decimal(plan[name]) for name in NUMBERS}
    found = JobPlan(competencies=competencies, questions=questions, **plan)
    return Working(found, Drafted(**data["drafted"]))


def _competency(row: dict[str, Any]) -> CompetencyPlan:
    one, two, three, four, five = row["anchors"]
    return CompetencyPlan(**row | {"weight": Decimal(row["weight"]), "anchors": (one, two, three, four, five)})


def _question(row: dict[str, Any]) -> QuestionPlan:
    return QuestionPlan(row["text"], tuple(row["competencies"]), row["follow_ups"])


def from_draft(draft: DraftPlan, frame: JobPlan) -> Working:
    """The frame (title, minutes, bars and all that) with the competencies and questions of a draft.

    Needs a draft that matched something.
    """
    assert draft.plan is not None
    questions = tuple(QuestionPlan(one.text, (one.competency,), dict(one.follow_ups)) for one in draft.questions)
    plan = replace(
        frame,
        title=frame.title or draft.plan.title,
        minutes=draft.plan.minutes,
        competencies=draft.plan.competencies,
        questions=questions,
    )
    reasons = {one.competency.key: one.reason for one in draft.chosen}
    return Working(plan, Drafted(draft.source, draft.trouble, reasons))


def of_library(one: LibraryCompetency, plan: JobPlan) -> CompetencyPlan:
    """A competency of the library with the weight that it begins with in this plan."""
    first, second, third, fourth, fifth = one.anchors
    anchors = (first, second, third, fourth, fifth)
    return CompetencyPlan(one.key, one.name, one.definition, one.dimension, weight_in(plan, one.dimension), anchors)


def weight_in(plan: JobPlan, dimension: str) -> Decimal:
    """What a new competency weighs at first: as much as the others on average, about values a fourth of that."""
    values = Competency.Dimension.VALUES
    others = [counted(one.weight) for one in plan.competencies if one.dimension != values]
    average = sum(others, Decimal(0)) / len(others) if others else Decimal(0)
    average = average or WEIGHT
    return (average / OF_VALUES if dimension == values else average).quantize(FINEST_WEIGHT)


def questions_of_library(key: str) -> tuple[QuestionPlan, ...]:
    """The library's questions about one competency of it, with their follow-ups."""
    return tuple(QuestionPlan(one.text, (key,), dict(one.follow_ups)) for one in library().by_key(key).questions)
