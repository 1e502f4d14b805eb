"""A plan made of chosen competencies: questions as far as the minutes go, weights, and the linter's word on it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.text import slugify
from django.utils.translation import gettext as _

from interviews.models import Competency
from interviews.services.drafting.described import CannotDraft
from interviews.services.drafting.types import Candidate, Chosen, DraftPlan, DraftQuestion, Frame
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_linter import effort, errors, lint, wording

STEP = 5  # percent: weights are proposals, and finer ones would pretend to more
VALUES_PERCENT = 10
LONGEST_SLUG = 80
UNTITLED = "draft"


class Faulty(CannotDraft):
    """What was chosen makes no plan that could be published."""


def plan_of(found: Sequence[Candidate], frame: Frame, *, source: str, dropped: Counter[str]) -> DraftPlan:
    """The draft; `dropped` is added to.

    :raises Faulty: if the linter finds an error in it.
    """
    usable = [one for one in (_with_good_questions(one, frame, dropped) for one in found) if one.questions]
    dropped["no_question"] += len(found) - len(usable)
    ranked, weights = _in_time(_ranked(usable), frame)
    dropped["minutes"] += len(usable) - len(ranked)
    questions = _questions(ranked, frame, weights)
    plan = _plan(ranked, questions, frame, weights)
    remarks = lint(plan)
    if errors(remarks):
        raise Faulty(", ".join(sorted({remark.code for remark in errors(remarks)})))
    chosen = tuple(Chosen(_competency(one, weights), _reason(one), one.why) for one in ranked)
    return DraftPlan(plan, chosen, questions, remarks, source, counts(dropped))


def _ranked(found: Sequence[Candidate]) -> list[Candidate]:
    """The heaviest first."""
    weights = proposed_weights(found)
    return sorted(found, key=lambda one: -weights[one.key])


def _in_time(ranked: list[Candidate], frame: Frame) -> tuple[list[Candidate], dict[str, Decimal]]:
    """As many of them, the heaviest, as the minutes allow a question each, and one at least; with their weights."""
    weights = proposed_weights(ranked)
    while len(ranked) > 1 and not effort.fits(_plan(ranked, [one.questions[0] for one in ranked], frame, weights)):
        ranked = _ranked(ranked[:-1])
        weights = proposed_weights(ranked)
    return ranked, weights


def nothing(source: str, dropped: Counter[str]) -> DraftPlan:
    """The draft that says that nothing matched."""
    return DraftPlan(None, (), (), (), source, counts(dropped))


def proposed_weights(found: Sequence[Candidate]) -> dict[str, Decimal]:
    """Shares that add up to 1, in steps of 5%: values together have 10%, and the rest follows what speaks for them.

    What is most asked for weighs at most twice what is least.
    """
    values = [one for one in found if one.dimension == Competency.Dimension.VALUES]
    others = [one for one in found if one.dimension != Competency.Dimension.VALUES]
    if not values or not others:
        return _shared(found, 100)
    return _shared(values, VALUES_PERCENT) | _shared(others, 100 - VALUES_PERCENT)


def _shared(found: Sequence[Candidate], percent: int) -> dict[str, Decimal]:
    """So many percent over these, by largest remainders."""
    best = max((one.score for one in found), default=0.0) or 1.0
    parts = [1 + one.score / best for one in found]
    units = percent // STEP
    exact = [units * part / sum(parts) for part in parts]
    whole = [int(one) for one in exact]
    by_remainder = sorted(range(len(found)), key=lambda place: whole[place] - exact[place])
    for place in by_remainder[: units - sum(whole)]:
        whole[place] += 1
    return {one.key: Decimal(count * STEP) / 100 for one, count in zip(found, whole, strict=True)}


def _with_good_questions(one: Candidate, frame: Frame, dropped: Counter[str]) -> Candidate:
    """Without the questions that the linter finds an error in, such as one that this jurisdiction forbids."""
    kept = []
    for question in one.questions:
        found = errors(wording.remarks(question.text, jurisdiction=frame.jurisdiction))
        dropped.update(remark.code for remark in found)
        kept += [] if found else [question]
    return replace(one, questions=tuple(kept))


def _questions(ranked: Sequence[Candidate], frame: Frame, weights: dict[str, Decimal]) -> tuple[DraftQuestion, ...]:
    """The first of each competency, so that nothing is left out by who stops early; then seconds while time lasts."""
    chosen = [one.questions[0] for one in ranked]
    for one in ranked:
        if len(one.questions) > 1:
            more = [*chosen, one.questions[1]]
            if effort.fits(_plan(ranked, more, frame, weights)):
                chosen = more
    return tuple(chosen)


def _plan(
    ranked: Sequence[Candidate], questions: Sequence[DraftQuestion], frame: Frame, weights: dict[str, Decimal]
) -> JobPlan:
    return JobPlan(
        slug=slugify(frame.title)[:LONGEST_SLUG].strip("-") or UNTITLED,
        title=frame.title,
        competencies=tuple(_competency(one, weights) for one in ranked),
        questions=tuple(QuestionPlan(one.text, (one.competency,), dict(one.follow_ups)) for one in questions),
        minutes=frame.minutes,
        jurisdiction=frame.jurisdiction,
    )


def _competency(one: Candidate, weights: dict[str, Decimal]) -> CompetencyPlan:
    return CompetencyPlan(one.key, one.name, one.definition, one.dimension, weights[one.key], one.anchors)


def _reason(one: Candidate) -> str:
    if not one.why:
        return _("No words of the description speak for this: it is here so that the plan has enough to rate.")
    said = ", ".join(f"“{' '.join(why.words.split())}”" for why in one.why)
    return _("The description says %s.") % said


def counts(dropped: Counter[str]) -> dict[str, int]:
    """reason -> how often, without those that never were."""
    return {code: dropped[code] for code in sorted(dropped) if dropped[code]}
