"""Judge suites: what is added to an interview must move the right level the right way, or none.

A rating is read as a belief over the three levels of the data: a normal curve around its value, WIDTH wide; an
abstention believes in each of them alike. Evidence moves a competency towards a level when the belief in that level
grows, and away from it when it shrinks. No level moved = every level, abstentions among them, is as it was.
"""

import math
from collections.abc import Sequence
from statistics import fmean

from interviews.services.assessment.dataset import LEVEL_OF, Case, Dataset
from interviews.services.assessment.measuring import Evaluator
from interviews.services.evaluation.types import Answer, Rating

WIDTH = 1.4  # levels: of two named levels, 2 apart, a value between them believes in both
LEAST = 1e-6  # of a share, below which nothing moved


def expected(dataset: Dataset, evaluator: Evaluator) -> dict[str, dict[str, float]]:
    """suite -> how many cases it has, and the share of them with the expected behaviour."""
    return {
        suite: {
            "cases": len(cases),
            "expected": round(fmean(is_expected(case, dataset, evaluator) for case in cases), 3) if cases else 0.0,
        }
        for suite, cases in dataset.suites.items()
    }


def is_expected(case: Case, dataset: Dataset, evaluator: Evaluator) -> bool:
    """Whether the evaluator does what it must about this case."""
    after = _ratings(case, case.after, dataset, evaluator)
    if case.competency and case.level is None:
        return after[case.competency].level is None
    before = _ratings(case, case.before, dataset, evaluator)
    if case.level is None:
        return {key: one.level for key, one in before.items()} == {key: one.level for key, one in after.items()}
    grown = belief(after[case.competency], case.level) - belief(before[case.competency], case.level)
    return (-grown if case.away else grown) > LEAST


def belief(rating: Rating, level: int) -> float:
    """The share of belief in this level (1, 3 or 5)."""
    if rating.standing is None:
        return 1 / len(LEVEL_OF)
    value = float(rating.standing)
    weights = {named: math.exp(-(((value - named) / WIDTH) ** 2) / 2) for named in LEVEL_OF.values()}
    return weights[level] / sum(weights.values())


def _ratings(case: Case, answers: Sequence[Answer], dataset: Dataset, evaluator: Evaluator) -> dict[str, Rating]:
    ratings = evaluator.rate(dataset.competencies[case.rubric], answers)
    return {rating.competency_key: rating for rating in ratings}
