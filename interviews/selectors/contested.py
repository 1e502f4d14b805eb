"""Which answers of an interview do not count, because a person upheld the candidate's contest."""

from datetime import datetime, timedelta
from uuid import UUID

from core import clock
from interviews.models import Contest, Interview

WINDOW = timedelta(days=14)


def upheld(interview_id: UUID) -> list[str]:
    """The turns that every evaluation from now on leaves out, in their order."""
    found = Contest.objects.filter(turn__interview=interview_id, status=Contest.Status.UPHELD)
    return [str(turn_id) for turn_id in found.order_by("turn__number").values_list("turn", flat=True)]


def is_open(interview_id: UUID) -> bool:
    """Whether a contest waits for a person."""
    return Contest.objects.filter(turn__interview=interview_id, status=Contest.Status.OPEN).exists()


def upheld_since(interview_id: UUID, since: datetime) -> bool:
    """Whether an answer stopped counting after this moment."""
    ruled = Contest.objects.filter(turn__interview=interview_id, status=Contest.Status.UPHELD)
    return ruled.filter(ruled_at__gt=since).exists()


def closes_at(interview: Interview) -> datetime:
    """Until when an answer of an ended interview can be contested."""
    return (interview.completed_at or interview.last_activity_at) + WINDOW


def is_closed(interview: Interview) -> bool:
    """Whether that time is over."""
    return closes_at(interview) <= clock.now()
