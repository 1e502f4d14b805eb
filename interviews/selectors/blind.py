"""Who rates, and decides on nothing, is not told what others decided until the own ratings are in."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Review


def is_blind(viewer: User) -> bool:
    """Whether what was decided on an interview is hidden from this person until they have rated it."""
    return viewer.may(Permission.VIEW_CANDIDATES) and not viewer.may(Permission.DECIDE)


def rated_by(viewer: User) -> QuerySet[Review, Any]:
    """The ids of the interviews that this person has rated, as a subquery."""
    return Review.objects.filter(reviewer=viewer, status=Review.Status.SUBMITTED).values("interview")
