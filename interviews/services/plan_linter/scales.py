"""The behavioural scales of a plan: their anchors, and what each of them weighs."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from django.utils.translation import gettext as _

from interviews.models import Competency
from interviews.services.evaluation.text import stem, words
from interviews.services.interviewer import phrases
from interviews.services.jobs import CompetencyPlan, JobPlan
from interviews.services.plan_linter.coverage import MOST_WEIGHT, counted, share_of
from interviews.services.plan_linter.plain import FILE, limit
from interviews.services.plan_linter.remarks import Remark, Severity

NEEDED = (1, 3, 5)  # levels without which a scale cannot be read
SUMS = (Decimal(1), Decimal(100))  # weights are shares or percent
ROUNDING = Decimal("0.005")  # three thirds are 0.999


def remarks(plan: JobPlan) -> Iterator[Remark]:
    """What to change in anchors and weights."""
    yield from _weights(plan)
    for competency in plan.competencies:
        yield from _weight(competency)
        yield from _anchors(competency)


def _weights(plan: JobPlan) -> Iterator[Remark]:
    if not plan.competencies:
        return
    total = sum((counted(one.weight) for one in plan.competencies), Decimal(0))
    if not total:
        yield Remark("no_weight", Severity.ERROR, _("Give at least one competency a weight."))
        return
    if not any(abs(total - wanted) <= wanted * ROUNDING for wanted in SUMS):
        message = _("Let the weights add up to 1 or to 100: they add up to %s, so none of them is what it seems.")
        yield Remark("weights_sum", Severity.WARNING, message % f"{total.normalize():f}")
    most = Decimal(str(limit("values_share")))
    values = sum((share_of(plan, key) for key in _value_keys(plan)), Decimal(0))
    if values > most:
        message = _(
            "Lower the weight of values to %(most)s%% in all: it is %(share)s%%, and they are judged least alike."
        )
        numbers = {"most": round(most * 100), "share": round(values * 100)}
        yield Remark("values_weight", Severity.WARNING, message % numbers)


def _value_keys(plan: JobPlan) -> set[str]:
    return {one.key for one in plan.competencies if one.dimension == Competency.Dimension.VALUES}


def _weight(competency: CompetencyPlan) -> Iterator[Remark]:
    key, weight = competency.key, competency.weight
    if not weight.is_finite() or not 0 <= weight <= MOST_WEIGHT:
        message = _("Use a weight from 0 to 99.999.")
        yield Remark("bad_weight", Severity.ERROR, message, competency=key, field="weight")
    elif weight == 0:
        message = _("Give this competency a weight or remove it: it is rated and changes nothing.")
        yield Remark("zero_weight", Severity.HINT, message, competency=key, field="weight")


def _anchors(competency: CompetencyPlan) -> Iterator[Remark]:
    key = competency.key
    for level, anchor in enumerate(competency.anchors, 1):
        if not words(anchor):
            yield _missing(level, key)
        elif len(words(anchor)) < limit("anchor_fewest_words"):
            message = _("Describe what a person at level %s does: these few words are read differently by everybody.")
            yield Remark("thin_anchor", Severity.HINT, message % level, competency=key, field=f"anchor_{level}")
    for (low, first), (high, second) in combinations(enumerate(competency.anchors, 1), 2):
        severity = _sameness(first, second)
        if severity is not None:
            message = _("Tell levels %(low)s and %(high)s apart: their anchors are nearly the same.")
            numbers = {"low": low, "high": high}
            yield Remark("same_anchor", severity, message % numbers, competency=key, field=f"anchor_{high}")


def _missing(level: int, key: str) -> Remark:
    if level in NEEDED:
        message = _("Write the anchor of level %s: without it nobody can say what that level means.") % level
        return Remark("no_anchor", Severity.ERROR, message, competency=key, field=f"anchor_{level}")
    message = _("Write the anchor of level %s: raters agree more on a scale with all five.") % level
    return Remark("no_anchor", Severity.HINT, message, competency=key, field=f"anchor_{level}")


def same(first: str, second: str) -> bool:
    """Whether two anchors are (nearly) the same."""
    return _sameness(first, second) is not None


def _sameness(first: str, second: str) -> Severity | None:
    """An error for the same words, a warning for nearly all of them. A "not" makes the difference, however short."""
    mine, theirs = words(first), words(second)
    if not mine or not theirs:
        return None
    if mine == theirs:
        return Severity.ERROR
    negations = frozenset(phrases.data(FILE)["negations"])
    if _negated(mine, negations) != _negated(theirs, negations):
        return None
    stems, others = set(map(stem, mine)), set(map(stem, theirs))
    return Severity.WARNING if len(stems & others) >= limit("same_anchor") * len(stems | others) else None


def _negated(said: list[str], negations: frozenset[str]) -> int:
    return sum(word in negations or word.endswith("n't") for word in said)
