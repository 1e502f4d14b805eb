"""How long an interview takes: an estimate from its questions, follow-ups and words (plan_lint.json, `minutes`)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from interviews.services.evaluation.text import words
from interviews.services.interviewer import phrases
from interviews.services.jobs import JobPlan
from interviews.services.plan_linter.plain import FILE
from interviews.services.plan_linter.remarks import Remark, Severity


@dataclass(frozen=True, slots=True)
class Effort:
    """Minutes of an interview: without a follow-up, with as many as are expected, and with all that are allowed."""

    least: float
    expected: float
    most: float


def estimate(plan: JobPlan) -> Effort:
    """How long a candidate who types takes, to a tenth of a minute."""
    how = phrases.data(FILE)["minutes"]
    read = len(words(plan.intro)) + sum(len(words(question.text)) for question in plan.questions)
    least = how["around"] + read / how["words_read"] + how["answer"] * len(plan.questions)
    probes = how["probe"] * follow_ups(plan)
    return Effort(round(least, 1), round(least + how["probed"] * probes, 1), round(least + probes, 1))


def follow_ups(plan: JobPlan) -> int:
    """The most that an interview can have."""
    return max(0, min(len(plan.questions) * plan.max_probes, plan.max_probes_interview))


def fits(plan: JobPlan) -> bool:
    """Whether the plan's minutes are enough for what is expected."""
    return estimate(plan).expected <= plan.minutes


def remarks(plan: JobPlan) -> Iterator[Remark]:
    """Whether the plan's minutes are too few for it, close, or far too many."""
    if not plan.questions:
        return
    effort, spare = estimate(plan), phrases.data(FILE)["minutes"]["spare"]
    numbers = {"minutes": plan.minutes, "expected": math.ceil(effort.expected), "most": math.ceil(effort.most)}
    if effort.expected > plan.minutes:
        message = _("Allow %(expected)s minutes or ask less: that is what this plan takes, and it allows %(minutes)s.")
        yield Remark("minutes_short", Severity.WARNING, message % numbers)
    elif effort.most > plan.minutes:
        message = _("Allow %(most)s minutes: with every follow-up the plan takes longer than its %(minutes)s.")
        yield Remark("minutes_tight", Severity.HINT, message % numbers)
    elif plan.minutes > spare * effort.most:
        message = _("Announce %(most)s minutes: the plan takes no longer, and %(minutes)s keep people from starting.")
        yield Remark("minutes_long", Severity.HINT, message % numbers)
