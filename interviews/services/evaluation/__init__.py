from decimal import Decimal

from interviews.services.evaluation.types import *  # noqa


def evaluate(*, competencies, answers, thresholds, policy, context):
    a = answers[0]
    ratings = tuple(
        Rating(c.key, 3, Decimal("0.4"), "basic", "", (Span(a.turn_id, 0, min(20, len(a.text))),)) for c in competencies
    )
    return Result(
        ratings,
        Scores(Decimal(50), Decimal(50), Decimal(50), None, Decimal(1), Decimal(5), "maybe"),
        (),
        (),
        "basic",
        {"evaluator": "x"},
    )
