"""From ratings to numbers, by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from interviews.services.evaluation import aggregate
from interviews.services.evaluation.types import CompetencyText, Rating, Scores, Span
from interviews.tests.rated import BREAD, GUESTS, HYGIENE, JOB, THRESHOLDS, turn


def rating(competency: CompetencyText, level: int | None, *, start: int = 0) -> Rating:
    quotes = (Span(turn(1), start, start + 20),) if level else ()
    return Rating(competency.key, level, Decimal("0.5"), f"Why {level}.", "", quotes)


def score(dough: int | None, hygiene: int | None, guests: int | None) -> Scores:
    return aggregate.score(JOB, [rating(BREAD, dough), rating(HYGIENE, hygiene), rating(GUESTS, guests)], THRESHOLDS)


def test_levels_become_points_by_the_weights() -> None:
    scores = score(5, 3, 2)  # 100 x 3, 50 x 2, 25 x 1

    assert scores.overall == Decimal("70.8")
    assert scores.technical == Decimal("80.0")
    assert scores.communication == Decimal("25.0")
    assert scores.values is None
    assert scores.coverage == Decimal("1.000")
    assert scores.spread == Decimal("30.334")  # sqrt of (3 x 29.17^2 + 2 x 20.83^2 + 45.83^2) / 6
    assert scores.recommendation == "hire"


def test_level_one_is_nought_and_level_five_a_hundred() -> None:
    assert score(1, 1, 1).overall == Decimal("0.0")
    assert score(5, 5, 5).overall == Decimal("100.0")
    assert score(5, 5, 5).spread == Decimal("0.000")


def test_no_evidence_is_left_out_not_counted_as_low() -> None:
    scores = score(4, None, 4)

    assert scores.overall == Decimal("75.0")
    assert scores.coverage == Decimal("0.667")


def test_below_the_coverage_floor_there_is_no_overall_and_no_recommendation() -> None:
    scores = score(5, None, None)

    assert scores.coverage == Decimal("0.500")
    assert (scores.overall, scores.recommendation) == (None, "")
    assert scores.technical == Decimal("100.0")


def test_nothing_rated_gives_nothing() -> None:
    assert score(None, None, None) == Scores(None, None, None, None, Decimal(0), Decimal(0), "", "under_floor")


def test_weights_of_nought_divide_nothing() -> None:
    weightless = CompetencyText("x", "X", "", ("",) * 5, "values", Decimal(0))

    scores = aggregate.score([weightless], [rating(weightless, 4)], THRESHOLDS)

    assert (scores.overall, scores.coverage, scores.recommendation) == (None, Decimal(0), "")


@pytest.mark.parametrize(
    ("overall", "expected", "reason"),
    [
        ("70.0", "hire", "over_hire"),
        ("69.9", "maybe", "between"),
        ("45.0", "maybe", "between"),
        ("44.9", "no_hire", "under_maybe"),
    ],
)
def test_thresholds_are_reached_at_their_number(overall: str, expected: str, reason: str) -> None:
    assert aggregate._recommendation(Decimal(overall), THRESHOLDS) == (expected, reason)


def test_a_withheld_rating_leaves_no_overall_and_says_so() -> None:
    ratings = [rating(BREAD, 5), rating(HYGIENE, 5), replace(rating(GUESTS, None), withheld="spread")]

    scores = aggregate.score(JOB, ratings, THRESHOLDS)

    assert (scores.overall, scores.recommendation, scores.reason) == (None, "", "withheld")
    assert scores.technical == Decimal("100.0")


def test_strengths_and_weaknesses_carry_their_quote_and_the_heaviest_comes_first() -> None:
    ratings = [rating(GUESTS, 4, start=1), rating(BREAD, 4, start=2), rating(HYGIENE, 2, start=3)]

    strengths, weaknesses = aggregate.points(JOB, ratings)

    assert [point.text for point in strengths] == ["Dough and fermentation: Why 4.", "Talking with guests: Why 4."]
    assert [point.quote.start for point in strengths] == [2, 1]
    assert [(point.text, point.quote) for point in weaknesses] == [
        ("Hygiene and allergens: Why 2.", Span(turn(1), 3, 23))
    ]


def test_a_middling_or_missing_level_is_neither() -> None:
    assert aggregate.points(JOB, [rating(BREAD, 3), rating(GUESTS, None)]) == ((), ())


def test_a_weakness_says_what_is_missing_not_what_is_there() -> None:
    weak = replace(rating(BREAD, 1), rationale="Shown: figures.", not_covered="no reasons, no result")

    _strengths, [weakness] = aggregate.points(JOB, [weak])

    assert weakness.text == "Dough and fermentation: no reasons, no result"
