"""What waits for a person."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Interview, Review
from interviews.selectors import scope


def to_review(user: User) -> QuerySet[Interview]:
    """Finished interviews of this person's that they have not rated and nobody has decided on, oldest first."""
    if not user.may(Permission.REVIEW):
        return Interview.objects.none()
    mine = Review.objects.filter(interview=OuterRef("pk"), reviewer=user, status=Review.Status.SUBMITTED)
    return (
        scope.interviews_of(user)
        .filter(status__in=[Interview.Status.COMPLETED, Interview.Status.ABANDONED])
        .filter(~Exists(mine), application__decisions=None)
        .order_by("completed_at", "pk")
    )


def to_review_count(user: User) -> int:
    return to_review(user).count()
