"""Where a submitted interview stands, as its candidate may know it: what was done, never with what result."""

from datetime import datetime
from typing import Any

from interviews.models import Decision, Evaluation, Interview, Review, Turn

EVALUATED = (Evaluation.Status.READY, Evaluation.Status.PROVISIONAL, Evaluation.Status.SUPERSEDED)


def has_asked(interview: Interview, kind: str) -> bool:
    """Whether the candidate asked for this."""
    return interview.requests.filter(kind=kind).exists()


def status(interview: Interview) -> dict[str, Any]:
    """The steps with their times, the receipt, and the candidate's own rating. No result, level or outcome."""
    submitted = interview.status == Interview.Status.COMPLETED
    return {
        "stands": interview.status,
        "submitted": submitted,
        "ended_at": interview.completed_at if submitted else interview.last_activity_at,
        "evaluated": Evaluation.objects.filter(interview=interview, status__in=EVALUATED).exclude(mode="").exists(),
        "reviewed_at": _reviewed_at(interview),
        "decided_at": _decided_at(interview),
        "receipt_hash": interview.receipt_hash,  # of a withdrawn one too, if it was submitted before
        "submitted_at": interview.completed_at,
        "stars": interview.stars,
    } | _counts(interview)


def _reviewed_at(interview: Interview) -> datetime | None:
    """When the first person's own review was in."""
    reviews = Review.objects.filter(interview=interview, status=Review.Status.SUBMITTED)
    return reviews.order_by("submitted_at").values_list("submitted_at", flat=True).first()


def _decided_at(interview: Interview) -> datetime | None:
    decisions = Decision.objects.filter(application_id=interview.application_id, superseded_by=None)
    return decisions.values_list("decided_at", flat=True).first()


def _counts(interview: Interview) -> dict[str, int]:
    statuses = list(interview.turns.exclude(kind=Turn.Kind.CLOSING).values_list("status", flat=True))
    skipped = statuses.count(Turn.Status.SKIPPED)
    return {"answer_count": len(statuses) - skipped - statuses.count(Turn.Status.OPEN), "skipped_count": skipped}
