"""Everybody's submitted ratings of an interview and what was agreed on: for who has rated it too."""

from typing import Any

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Consensus, ConsensusRating, Interview, Review

FEWEST = 2  # raters whose levels can be spread, and can be agreed on


def raters(interview: Interview, *, own: Review, viewer: User) -> dict[str, Any] | None:
    """A row a competency with each person's level and note, the viewer's first; None while nobody else has rated."""
    others = Review.objects.filter(interview=interview, status=Review.Status.SUBMITTED).exclude(pk=own.pk)
    reviews = [own, *others.select_related("reviewer").prefetch_related("ratings").order_by("submitted_at", "pk")]
    if len(reviews) < FEWEST:
        return None
    levels = [{rating.competency_id: rating for rating in review.ratings.all()} for review in reviews]
    return {
        "reviews": [review.pk for review in reviews],
        "names": [str(viewer), *(str(review.reviewer) for review in reviews[1:])],
        "rows": [_row(competency, levels) for competency in interview.version.competencies.all()],
        "noted": _noted(reviews[1:], interview),
        "may_agree": viewer.may(Permission.DECIDE) and interview.status not in Interview.OVER,
    }


def _row(competency: Any, levels: list[dict[Any, Any]]) -> dict[str, Any]:
    rated = [by_person.get(competency.pk) for by_person in levels]
    found = [rating.level if rating else None for rating in rated]
    return {
        "key": competency.key,
        "name": competency.name,
        "levels": found,
        "spread": spread(found),
        "chosen": str(found[0] or "N") if len(set(found)) == 1 else "",
        "agreed_note": "",
    }


def _noted(reviews: list[Review], interview: Interview) -> list[dict[str, str]]:
    """What the others wrote, in the order of the scorecard."""
    names = {competency.pk: competency.name for competency in interview.version.competencies.all()}
    rows = [
        (review, rating)
        for pk in names
        for review in reviews
        for rating in review.ratings.all()
        if rating.competency_id == pk
    ]
    return [
        {"by": str(review.reviewer), "about": names[rating.competency_id], "text": rating.note}
        for review, rating in rows
        if rating.note
    ]


def spread(levels: list[int | None]) -> int | None:
    """The distance of the highest and the lowest level; None where fewer than two people found evidence."""
    known = [level for level in levels if level is not None]
    return max(known) - min(known) if len(known) > 1 else None


def consensus(interview: Interview) -> dict[str, Any] | None:
    """What stands: who recorded it, on how many reviews, each level with the spread of those, and what came later."""
    rows = Consensus.objects.filter(interview=interview, superseded_by=None).select_related("agreed_by")
    found = rows.prefetch_related("ratings__competency", "rests_on__review__ratings").first()
    if found is None:
        return None
    reviews = [row.review for row in found.rests_on.all()]
    submitted = Review.objects.filter(interview=interview, status=Review.Status.SUBMITTED)
    return {
        "id": found.pk,
        "agreed_by": str(found.agreed_by),
        "agreed_at": found.agreed_at,
        "reviews": len(reviews),
        "later": submitted.filter(submitted_at__gt=found.agreed_at).count(),
        "ratings": [_agreed(rating, reviews) for rating in found.ratings.all()],
    }


def _agreed(rating: ConsensusRating, reviews: list[Review]) -> dict[str, Any]:
    levels = [
        one.level for review in reviews for one in review.ratings.all() if one.competency_id == rating.competency_id
    ]
    return {
        "key": rating.competency.key,
        "name": rating.competency.name,
        "level": rating.level,
        "note": rating.note or "",
        "spread": spread(levels),
    }
