"""A person's submitted levels beside the AI's, by the competency's key: the AI may have rated by another rubric."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from interviews.models import CompetencyRating, Disagreement, Evaluation, Review, ReviewRating

SAME, ONE_APART, FAR_APART, ONE_SIDED, OPEN = "same", "one_apart", "far_apart", "one_sided", "open"
LABELS = {
    SAME: _("same as you"),
    ONE_APART: _("one level apart"),
    FAR_APART: _("two levels or more apart"),
    ONE_SIDED: _("only one of you found evidence"),
    OPEN: _("left to a person"),
    "": "",
}
DIFFERENT = (ONE_APART, FAR_APART, ONE_SIDED)


def agreement(own: int | None, other: int | None) -> str:
    """How far two levels are apart; None is "no evidence"."""
    if own is None or other is None:
        return SAME if own is other else ONE_SIDED
    return {0: SAME, 1: ONE_APART}.get(abs(own - other), FAR_APART)


def own_by_key(review: Review | None) -> dict[str, ReviewRating]:
    """competency key -> own rating. Needs prefetched `ratings__competency`."""
    return {row.competency.key: row for row in review.ratings.all()} if review else {}


def with_rating(own: ReviewRating | None, rating: CompetencyRating) -> str:
    """The agreement with this rating of the AI's; "" where the person had nothing to rate."""
    if own is None:
        return ""
    return OPEN if rating.withheld else agreement(own.level, rating.level)


def differences(review: Review, evaluation: Evaluation) -> dict[str, tuple[CompetencyRating, str]]:
    """competency key -> the AI's rating and how far it is from the person's, where they differ."""
    own = own_by_key(review)
    found = {
        row.competency.key: (row, with_rating(own.get(row.competency.key), row)) for row in evaluation.ratings.all()
    }
    return {key: pair for key, pair in found.items() if pair[1] in DIFFERENT}


def reasons(review: Review) -> dict[Any, Disagreement]:
    """rating id -> why the person disagrees with it."""
    return {row.rating_id: row for row in review.disagreements.all()}
