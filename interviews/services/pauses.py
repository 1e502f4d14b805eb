"""Pauses: the clock stands still for the candidate, as often and as long as is allowed."""

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from core import audit, clock, due, state
from core.state import TransitionNotAllowed
from interviews.models import Interview
from interviews.selectors import timing


class CannotPause(Exception):
    """The interview does not run, its time is over, or its pauses are used up."""


def pause(interview: Interview) -> None:
    """Stop the clock. Pausing what is paused changes nothing.

    :raises CannotPause: if the interview does not run or no pause is left.
    """
    if interview.status == Interview.Status.PAUSED:
        return
    left = timing.allowance(interview)
    if left.used_up:
        raise CannotPause
    now = clock.now()
    unchanged = Q(pauses=interview.pauses, deadline_at=interview.deadline_at)  # what the allowance was counted from
    in_time = Q(deadline_at=None) | Q(deadline_at__gt=Now())
    with transaction.atomic():
        try:
            state.move(
                interview,
                Interview.Status.PAUSED,
                where=unchanged & in_time,
                paused_at=now,
                last_activity_at=now,
                pauses=interview.pauses + 1,
            )
        except TransitionNotAllowed as error:
            raise CannotPause from error
        audit.record("interview.paused", interview, number=interview.pauses)
        owe_end(interview)


def resume(interview: Interview) -> None:
    """Let the clock go on; the time it stood, as far as it was allowed, is added to the deadline.

    Resuming what runs changes nothing.

    :raises TransitionNotAllowed: if the interview is neither paused nor running.
    """
    if interview.status == Interview.Status.IN_PROGRESS or interview.paused_at is None:
        return
    stood, now = timing.stood(interview), clock.now()
    deadline = interview.deadline_at + stood if interview.deadline_at else None
    with transaction.atomic():
        try:
            state.move(
                interview,
                Interview.Status.IN_PROGRESS,
                source=Interview.Status.PAUSED,
                where=Q(paused_at=interview.paused_at),
                paused_at=None,
                last_activity_at=now,
                deadline_at=deadline,
                paused_seconds=interview.paused_seconds + int(stood.total_seconds()),
            )
        except TransitionNotAllowed:
            interview.refresh_from_db()
            if interview.status != Interview.Status.IN_PROGRESS:
                raise
            return  # another tab was faster
        audit.record("interview.resumed", interview, paused_seconds=int(stood.total_seconds()))
        owe_end(interview)


def owe_end(interview: Interview) -> None:
    """Owe the interview's end where its clock now stands, or after a long time without a clock."""
    due.owe("interview_deadline", interview.pk, after=timing.time_to_end(interview))
