"""Adding to a plan and taking away from it, one row at a time: pure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import TypeVar

from django.utils.text import slugify
from django.utils.translation import gettext as _

from interviews.services.competency_library import UnknownCompetency, library
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_drafts.working import of_library, questions_of_library, weight_in
from interviews.services.plan_linter.coverage import FINEST_WEIGHT, counted

MOST_COMPETENCIES, MOST_QUESTIONS = 15, 40
LONGEST_KEY = 60

Row = TypeVar("Row")


class CannotAdd(ValueError):
    """The plan is full, or what should be added is not there or is there already; the message says what to do."""


def with_library(plan: JobPlan, key: str) -> JobPlan:
    """With a competency of the library, and the first of its questions.

    :raises CannotAdd: if there is no such competency, or the plan has it or is full.
    """
    try:
        added = of_library(library().by_key(key), plan)
    except UnknownCompetency as error:
        raise CannotAdd(_("Choose a competency of the library.")) from error
    if key in {one.key for one in plan.competencies}:
        raise CannotAdd(_("This competency is in the plan already."))
    grown = _with_competency(plan, added)
    return grown if len(plan.questions) >= MOST_QUESTIONS else with_question(grown, questions_of_library(key)[0])


def with_own(plan: JobPlan, name: str, dimension: str) -> JobPlan:
    """With an empty competency of this name, whose key stays what it is when the name changes.

    :raises CannotAdd: if the plan is full or the name has no letter or digit.
    """
    key = _free_key(name, {one.key for one in plan.competencies})
    return _with_competency(
        plan, CompetencyPlan(key, name, "", dimension, weight_in(plan, dimension), ("", "", "", "", ""))
    )


def with_question(plan: JobPlan, question: QuestionPlan) -> JobPlan:
    """With one more question at the end.

    :raises CannotAdd: if the plan is full.
    """
    if len(plan.questions) >= MOST_QUESTIONS:
        raise CannotAdd(_("Remove a question first: a plan has at most %s.") % MOST_QUESTIONS)
    return replace(plan, questions=(*plan.questions, question))


def without_competency(plan: JobPlan, place: int) -> JobPlan:
    """Without the competency at this place (from 0), and without the questions that were about it alone."""
    if not 0 <= place < len(plan.competencies):
        return plan
    key = plan.competencies[place].key
    kept = [(one, tuple(about for about in one.competencies if about != key)) for one in plan.questions]
    questions = tuple(replace(one, competencies=left) for one, left in kept if left or not one.competencies)
    return replace(plan, competencies=_without(plan.competencies, place), questions=questions)


def without_question(plan: JobPlan, place: int) -> JobPlan:
    """Without the question at this place, from 0."""
    return replace(plan, questions=_without(plan.questions, place))


def earlier(plan: JobPlan, place: int) -> JobPlan:
    """With the question at this place one place earlier."""
    if not 0 < place < len(plan.questions):
        return plan
    moved = list(plan.questions)
    moved[place - 1], moved[place] = moved[place], moved[place - 1]
    return replace(plan, questions=tuple(moved))


def shared_out(plan: JobPlan) -> JobPlan:
    """With weights that add up to 1 in the proportions that they have; unchanged where there are none."""
    weights = [counted(one.weight) for one in plan.competencies]
    total = sum(weights, Decimal(0))
    if not total:
        return plan
    shares = [(weight / total).quantize(FINEST_WEIGHT, ROUND_DOWN) for weight in weights]
    heaviest = shares.index(max(shares))
    shares[heaviest] += 1 - sum(shares)
    changed = tuple(replace(one, weight=share) for one, share in zip(plan.competencies, shares, strict=True))
    return replace(plan, competencies=changed)


def _with_competency(plan: JobPlan, added: CompetencyPlan) -> JobPlan:
    if len(plan.competencies) >= MOST_COMPETENCIES:
        raise CannotAdd(_("Remove a competency first: a plan has at most %s.") % MOST_COMPETENCIES)
    return replace(plan, competencies=(*plan.competencies, added))


def _free_key(name: str, taken: set[str]) -> str:
    stem = slugify(name).replace("-", "_")[: LONGEST_KEY - 3].strip("_")
    if not stem:
        raise CannotAdd(_("Name the competency first, in letters or digits."))
    number, key = 2, stem
    while key in taken:
        number, key = number + 1, f"{stem}_{number}"
    return key


def _without(rows: Sequence[Row], place: int) -> tuple[Row, ...]:
    return tuple(row for number, row in enumerate(rows) if number != place)
