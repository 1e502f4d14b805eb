"""From ratings to numbers: mechanical, by the job's weights and thresholds, the same for everybody."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from interviews.services.evaluation.types import CompetencyText, Point, Rating, Scores, Thresholds

TENTH, THOUSANDTH = Decimal("0.1"), Decimal("0.001")
STRONG, WEAK = 4, 2
MOST_POINTS = 5

Weighted = list[tuple[Decimal, Decimal]]  # weight, score 0-100


def score(competencies: Sequence[CompetencyText], ratings: Sequence[Rating], thresholds: Thresholds) -> Scores:
    """What the ratings add up to. Too little rated, or anything withheld = no overall and no recommendation."""
    levels = {rating.competency_key: rating.level for rating in ratings}
    rated = [(competency, level) for competency in competencies if (level := levels.get(competency.key)) is not None]
    everything = [(competency.weight, _points(level)) for competency, level in rated]
    coverage = _coverage(competencies, everything)
    lacking = _lacking(coverage, ratings, thresholds)
    overall = None if lacking else _mean(everything)
    recommendation, reason = _recommendation(overall, thresholds)
    by_dimension = {
        name: _mean([(c.weight, _points(level)) for c, level in rated if c.dimension == name])
        for name in ("technical", "communication", "values")
    }
    return Scores(
        overall=overall,
        coverage=coverage,
        spread=_spread(everything),
        recommendation=recommendation,
        reason=lacking or reason,
        **by_dimension,
    )


def _lacking(coverage: Decimal, ratings: Sequence[Rating], thresholds: Thresholds) -> str:
    """Why there is no overall, or ""."""
    if any(rating.withheld for rating in ratings):
        return "withheld"
    return "under_floor" if coverage < thresholds.coverage_floor or not coverage else ""


def points(
    competencies: Sequence[CompetencyText], ratings: Sequence[Rating]
) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """Strengths and weaknesses, the clearest of the heaviest competencies first, each with words that show it."""
    names = {competency.key: competency for competency in competencies}
    shown = [rating for rating in ratings if rating.level is not None and rating.quotes]
    shown.sort(key=lambda rating: -names[rating.competency_key].weight)
    strong = sorted((r for r in shown if (r.level or 0) >= STRONG), key=lambda rating: -(rating.level or 0))
    weak = sorted((r for r in shown if (r.level or 0) <= WEAK), key=lambda rating: rating.level or 0)
    return (
        tuple(_point(names, rating, rating.rationale) for rating in strong[:MOST_POINTS]),
        tuple(_point(names, rating, rating.not_covered or rating.rationale) for rating in weak[:MOST_POINTS]),
    )


def _point(names: dict[str, CompetencyText], rating: Rating, reason: str) -> Point:
    """What is there is a strength's reason, what is missing a weakness's."""
    name = names[rating.competency_key].name
    text = _("%(competency)s: %(reason)s") % {"competency": name, "reason": reason} if reason else name
    return Point(text=text, quote=rating.quotes[0])


def _points(level: int) -> Decimal:
    """Level 1 is 0, level 5 is 100."""
    return Decimal(level - 1) * 25


def _coverage(competencies: Sequence[CompetencyText], rated: Weighted) -> Decimal:
    total = sum((competency.weight for competency in competencies), Decimal(0))
    if not total:
        return Decimal("0.000")
    return (sum((weight for weight, _score in rated), Decimal(0)) / total).quantize(THOUSANDTH, ROUND_HALF_UP)


def _mean(rated: Weighted) -> Decimal | None:
    weight = sum((weight for weight, _score in rated), Decimal(0))
    if not weight:
        return None
    return (sum((w * s for w, s in rated), Decimal(0)) / weight).quantize(TENTH, ROUND_HALF_UP)


def _spread(rated: Weighted) -> Decimal:
    weight = sum((weight for weight, _score in rated), Decimal(0))
    if not weight:
        return Decimal("0.000")
    mean = sum((w * s for w, s in rated), Decimal(0)) / weight
    variance = sum((w * (s - mean) ** 2 for w, s in rated), Decimal(0)) / weight
    return variance.sqrt().quantize(THOUSANDTH, ROUND_HALF_UP)


def _recommendation(overall: Decimal | None, thresholds: Thresholds) -> tuple[str, str]:
    """The recommendation and its reason; from the rounded number, so that what is shown is what was compared."""
    if overall is None:
        return "", ""
    if overall >= thresholds.hire:
        return "hire", "over_hire"
    return ("maybe", "between") if overall >= thresholds.maybe else ("no_hire", "under_maybe")
