"""Fitting the numbers of the basic evaluator on interviews with known levels.

Proportional odds with a ridge penalty, by gradient ascent with momentum (Nesterov 1983) from nothing: the same data
give the same numbers. The examples of the competency library, which are of other people and occupations, are learnt
from beside the interviews. A competency that was abstained on is left out. Cuts are where the shares of the levels
become those of the interviews: between low, medium and high at their shares, and within low and high at the half.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from statistics import fmean, median, pstdev

from interviews.services.assessment import examples as library_examples
from interviews.services.assessment.dataset import Known
from interviews.services.evaluation import features, follow_ups, orders, relevance, weighing
from interviews.services.evaluation.fits import LEVELS, Fit
from interviews.services.evaluation.relevance import Scale
from interviews.services.evaluation.types import CompetencyText
from interviews.services.evaluation.weighing import Weight

PENALTY = 15.0
STEPS, RATE, MOMENTUM = 600, 0.5, 0.9
DIGITS = 4  # of what is stored; the rest is below what the data can say

Competencies = Mapping[str, Sequence[CompetencyText]]


@dataclass(frozen=True, slots=True)
class Example:
    """A competency that was rated: what was weighed, its scale and its true level."""

    weight: Weight
    scale: Scale
    truth: int


def fit(interviews: Sequence[Known], competencies: Competencies) -> Fit:
    """The numbers for these interviews.

    :raises ValueError: if a level never occurs among them.
    """
    of_library, scales_of_library = library_examples.interviews()
    rated = _all_examples(interviews, competencies)
    examples = rated + _all_examples(of_library, scales_of_library)
    shown = [_learnt(weighing.shown(one.weight.answers, one.scale)) for one in examples]
    truths = [LEVELS.index(one.truth) for one in examples]
    if {one.truth for one in rated} != set(LEVELS):
        raise ValueError("each of low, medium and high must occur.")
    means = {name: round(fmean(row[name] for row in shown), DIGITS) for name in shown[0]}
    scales = {name: round(pstdev([row[name] for row in shown]), DIGITS) or 1.0 for name in shown[0]}
    rows = [[(row[name] - means[name]) / scales[name] for name in means] for row in shown]
    coefficients, thresholds = _ascend(rows, truths)
    made = Fit(
        roles=tuple(sorted({known.role for known in interviews})),
        means=means,
        scales=scales,
        coefficients={name: round(value, DIGITS) for name, value in zip(means, coefficients, strict=True)},
        thresholds=(round(thresholds[0], DIGITS), round(thresholds[1], DIGITS)),
        cuts=(0, 0, 0, 0),
        words=_words(interviews),
    )
    values = [made.value(weighing.score(one.weight, one.scale, made)) for one in rated]
    return replace(made, cuts=_cuts(values, [one.truth for one in rated]))


def _learnt(shown: dict[str, float]) -> dict[str, float]:
    """Without `ownership`: who says "I" much is as often weak as strong in the data, and shall not lose by it."""
    return {name: value for name, value in shown.items() if name != "ownership"}


def _all_examples(interviews: Sequence[Known], competencies: Competencies) -> list[Example]:
    return [one for known in interviews for one in _examples(known, competencies[known.role])]


def _examples(known: Known, competencies: Sequence[CompetencyText]) -> list[Example]:
    evidence, scales = features.read(orders.cleared(known.answers).answers), relevance.scales(competencies)
    back = follow_ups.looking_back(evidence)
    found = []
    for key, truth in known.levels.items():
        weight = weighing.weigh(evidence, back, key, scales[key])
        if weight is not None:
            found.append(Example(weight, scales[key], truth))
    return found


def _ascend(rows: Sequence[Sequence[float]], truths: Sequence[int]) -> tuple[list[float], list[float]]:
    """Coefficients and the two thresholds where the penalised likelihood is greatest."""
    size = len(rows[0])
    now = [0.0] * size + [-1.0, 1.0]
    speed = [0.0] * len(now)
    for _step in range(STEPS):
        ahead = [value + MOMENTUM * pace for value, pace in zip(now, speed, strict=True)]
        slope = _slope(rows, truths, ahead[:size], ahead[size:])
        speed = [MOMENTUM * pace + RATE * up / len(rows) for pace, up in zip(speed, slope, strict=True)]
        now = [value + pace for value, pace in zip(now, speed, strict=True)]
    return now[:size], now[size:]


def _slope(
    rows: Sequence[Sequence[float]], truths: Sequence[int], coefficients: Sequence[float], thresholds: Sequence[float]
) -> list[float]:
    """The gradient of the log-likelihood less the penalty."""
    slope = [-PENALTY * value for value in coefficients]
    at_low = at_high = 0.0
    for row, truth in zip(rows, truths, strict=True):
        score = sum(map(float.__mul__, row, coefficients))
        low, not_high = _share(thresholds[0] - score), _share(thresholds[1] - score)
        chance = max((low, not_high - low, 1 - not_high)[truth], 1e-9)
        by_low = (1, -1, 0)[truth] * low * (1 - low) / chance
        by_high = (0, 1, -1)[truth] * not_high * (1 - not_high) / chance
        at_low, at_high = at_low + by_low, at_high + by_high
        for place, value in enumerate(row):
            slope[place] -= value * (by_low + by_high)
    return [*slope, at_low, at_high]


def _cuts(values: Sequence[float], truths: Sequence[int]) -> tuple[float, float, float, float]:
    low, high = _shares(values, truths)
    below, above = [value for value in values if value < low], [value for value in values if value >= high]
    cuts = (median(below), low, high, median(above))
    return (round(cuts[0], 3), round(cuts[1], 3), round(cuts[2], 3), round(cuts[3], 3))


def _words(interviews: Sequence[Known]) -> tuple[float, float]:
    counted = [float(sum(len(answer.text.split()) for answer in known.answers)) for known in interviews]
    values = list(
        chain.from_iterable([count] * len(known.levels) for count, known in zip(counted, interviews, strict=True))
    )
    return _shares(values, [level for known in interviews for level in known.levels.values()])


def _shares(values: Sequence[float], truths: Sequence[int]) -> tuple[float, float]:
    """The values below which as many are as are low, and above which as many as are high."""
    ordered = sorted(values)
    low, high = truths.count(LEVELS[0]), truths.count(LEVELS[2])
    return ordered[low], ordered[len(ordered) - high]


def _share(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
