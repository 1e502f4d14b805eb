"""Reads. Those that show a person's data are called through services.reading, which audits first."""

from interviews.selectors.room import (
    ANSWER_ERRORS,
    Room,
    clock_face,
    failed_turn,
    is_expired,
    landing,
    open_turn,
    pause,
    plan,
    questions,
    queue_position,
    review,
    room,
    state,
)
from interviews.selectors.status import has_asked, status
from interviews.selectors.work import to_review_count

__all__ = [
    "ANSWER_ERRORS",
    "Room",
    "clock_face",
    "failed_turn",
    "has_asked",
    "is_expired",
    "landing",
    "open_turn",
    "pause",
    "plan",
    "questions",
    "queue_position",
    "review",
    "room",
    "state",
    "status",
    "to_review_count",
]
