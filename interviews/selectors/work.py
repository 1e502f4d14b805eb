"""What waits for a person."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from interviews.models import Evaluation, Interview, Review, Turn


def to_review(user: User) -> QuerySet[Interview]:
    """Finished interviews that this person has not rated and nobody has decided on, oldest first."""
    mine = Review.objects.filter(interview=OuterRef("pk"), reviewer=user, status=Review.Status.SUBMITTED)
    return (
        Interview.objects.filter(status__in=[Interview.Status.COMPLETED, Interview.Status.ABANDONED])
        .filter(~Exists(mine), application__decisions=None)
        .order_by("completed_at", "pk")
    )


def to_review_count(user: User) -> int:
    return to_review(user).count()


def failed_counts() -> dict[str, int]:
    """Replies and evaluations that failed and wait for a retry."""
    return {
        "turns": Turn.objects.filter(status=Turn.Status.FAILED).count(),
        "evaluations": Evaluation.objects.filter(status=Evaluation.Status.FAILED).count(),
    }
