"""How an evaluation is shown: levels with their confidence, never a bare number."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from interviews.models import Competency, Evaluation

TONES = {"hire": "good", "maybe": "warn", "no_hire": "bad", "": ""}
FINISHED = (Evaluation.Status.READY, Evaluation.Status.PROVISIONAL)
NAMES = {
    Competency.Dimension.TECHNICAL: _("Technical"),
    Competency.Dimension.COMMUNICATION: _("Communication"),
    Competency.Dimension.VALUES: _("Values"),
}


def level_of(score: Decimal | None) -> Decimal | None:
    """A score of 0 to 100 as a level of 1 to 5, one decimal."""
    return None if score is None else (1 + score / 25).quantize(Decimal("0.1"))


def dimensions(evaluation: Evaluation) -> list[dict[str, Any]]:
    """name, level (1 to 5 or None) and mean confidence of each dimension. Needs prefetched ratings."""
    shown = []
    for dimension, name in NAMES.items():
        score = getattr(evaluation, dimension.value)
        rated = [
            rating.confidence
            for rating in evaluation.ratings.all()
            if rating.competency.dimension == dimension and rating.level is not None
        ]
        confidence = sum(rated, Decimal(0)) / len(rated) if rated else Decimal(0)
        shown.append({"name": name, "level": level_of(score), "confidence": confidence})
    return shown


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """What a list shows of a finished evaluation."""
    return {
        "overall": evaluation.overall,
        "spread": evaluation.spread,
        "provisional": evaluation.status == Evaluation.Status.PROVISIONAL,
        "dimensions": dimensions(evaluation),
        "recommendation": evaluation.recommendation,
    }
