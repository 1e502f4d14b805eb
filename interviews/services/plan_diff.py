"""What changes from one plan to another, in words that people read. Pure."""

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from interviews.models import Competency
from interviews.services.interviewer.types import KINDS
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_linter.coverage import is_same


class What(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Line:
    """One value before and after, "" where there is none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one thing; the lines say how."""

    what: What
    title: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    competencies: tuple[Change, ...]
    questions: tuple[Change, ...]
    settings: tuple[Line, ...]

    def __bool__(self) -> bool:
        return bool(self.competencies or self.questions or self.settings)


def between(before: JobPlan, after: JobPlan) -> Diff:
    """From the one plan to the other."""
    return Diff(
        tuple(_competencies(before.competencies, after.competencies)),
        tuple(_questions(before, after)),
        tuple(_lines(_settings(before), _settings(after))),
    )


def _competencies(before: Sequence[CompetencyPlan], after: Sequence[CompetencyPlan]) -> Iterator[Change]:
    old, new = {one.key: one for one in before}, {one.key: one for one in after}
    yield from (Change(What.REMOVED, one.name) for one in before if one.key not in new)
    for key, one in new.items():
        if key not in old:
            yield Change(What.ADDED, one.name, tuple(_lines({}, _competency(one))))
        elif lines := tuple(_lines(_competency(old[key]), _competency(one))):
            yield Change(What.CHANGED, one.name, lines)


def _questions(before: JobPlan, after: JobPlan) -> Iterator[Change]:
    """By their words: the same words are the same question, and so are nearly the same ones."""
    old, new = list(before.questions), list(after.questions)
    pairs = _paired(old, new)
    known = set(pairs.values())
    yield from (
        Change(What.REMOVED, one.text, tuple(_lines(_question(before, one, place), {})))
        for place, one in enumerate(old)
        if place not in known
    )
    for place, one in enumerate(new):
        if place not in pairs:
            yield Change(What.ADDED, one.text, tuple(_lines({}, _question(after, one, place))))
            continue
        was = pairs[place]
        lines = tuple(_lines(_question(before, old[was], was), _question(after, one, place)))
        if lines:
            yield Change(What.CHANGED, one.text, lines)


def _paired(old: Sequence[QuestionPlan], new: Sequence[QuestionPlan]) -> dict[int, int]:
    """Place of a question in the new plan -> its place in the old one."""
    pairs: dict[int, int] = {}
    for same in (operator.eq, is_same):
        for place, one in enumerate(new):
            free = (was for was in range(len(old)) if was not in pairs.values() and same(one.text, old[was].text))
            if place not in pairs and (found := next(free, None)) is not None:
                pairs[place] = found
    return pairs


def _competency(one: CompetencyPlan) -> dict[str, str]:
    anchors = {_("Level %s") % level: text for level, text in enumerate(one.anchors, 1)}
    kinds = {value: str(label) for value, label in Competency.Dimension.choices}
    return {
        _("Name"): one.name,
        _("Kind"): kinds.get(one.dimension, one.dimension),
        _("Weight"): _number(one.weight),
        _("Definition"): one.definition,
    } | anchors


def _question(plan: JobPlan, one: QuestionPlan, place: int) -> dict[str, str]:
    names = {competency.key: competency.name for competency in plan.competencies}
    kinds = {
        "evidence": _("Follow-up for an example"),
        "ownership": _("Follow-up for the own part"),
        "result": _("Follow-up for the result"),
        "clarify": _("Follow-up for what was meant"),
    }
    return {
        _("Place"): str(place + 1),
        _("Words"): one.text,
        _("About"): ", ".join(names.get(key, key) for key in one.competencies),
    } | {kinds[kind]: one.follow_ups.get(kind, "") for kind in KINDS}


def _settings(plan: JobPlan) -> dict[str, str]:
    return {
        _("Title"): plan.title,
        _("Location"): plan.location,
        _("Intro"): plan.intro,
        _("Minutes"): str(plan.minutes),
        _("Follow-ups a question"): str(plan.max_probes),
        _("Follow-ups in all"): str(plan.max_probes_interview),
        _("A model words every reply"): _("yes") if plan.words_every_reply else _("no"),
        _("Hours an evaluation may wait"): str(plan.evaluation_waits_hours),
        _("Jurisdiction"): plan.jurisdiction,
        _("Hire from"): _number(plan.threshold_hire),
        _("Maybe from"): _number(plan.threshold_maybe),
        _("Evidence needed, in percent"): _number(plan.coverage_floor * 100),
    }


def _lines(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Line]:
    """Those that differ, in the order of the page."""
    for label in {**before, **after}:
        was, now = before.get(label, ""), after.get(label, "")
        if was != now:
            yield Line(label, was, now)


def _number(value: Decimal | Any) -> str:
    return f"{Decimal(value).normalize():f}"
