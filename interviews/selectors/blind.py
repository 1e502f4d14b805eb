"""Who rates, and decides on nothing, is not told what others decided until the own ratings are in.

Nor is anybody who may still rate an interview told of its ratings by a figure that they are part of.
"""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Decision, Interview, Review
from interviews.selectors import scope


def is_blind(viewer: User) -> bool:
    """Whether what was decided on an interview is hidden from this person until they have rated it."""
    return viewer.may(Permission.VIEW_CANDIDATES) and not viewer.may(Permission.DECIDE)


def rated_by(viewer: User) -> QuerySet[Review, Any]:
    """The ids of the interviews that this person has rated, as a subquery."""
    return Review.objects.filter(reviewer=viewer, status=Review.Status.SUBMITTED).values("interview")


def open_to(viewer: User) -> QuerySet[Interview]:
    """The interviews whose ratings, people's and the AI's, may stand in a figure that this person sees.

    Of who may rate: those that they rated and, for who decides too, those that were decided on, which wait for nobody's
    rating. Of who never rates: all in scope, but for support, which stays blind.
    """
    mine = scope.interviews_of(viewer)
    if not viewer.may(Permission.REVIEW):
        return mine.none() if viewer.may(Permission.VIEW_CANDIDATES) else mine
    known = Q(pk__in=rated_by(viewer))
    if viewer.may(Permission.DECIDE):
        known |= Q(application__in=Decision.objects.values("application"))
    return mine.filter(known)
