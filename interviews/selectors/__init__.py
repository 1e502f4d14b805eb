"""Reads. Those that show a person's data are called through services.reading, which audits first."""

from interviews.selectors.room import (
    ANSWER_ERRORS,
    Room,
    failed_turn,
    is_expired,
    landing,
    plan,
    queue_position,
    receipt,
    review,
    room,
)
from interviews.selectors.work import to_review_count

__all__ = [
    "ANSWER_ERRORS",
    "Room",
    "failed_turn",
    "is_expired",
    "landing",
    "plan",
    "queue_position",
    "receipt",
    "review",
    "room",
    "to_review_count",
]
