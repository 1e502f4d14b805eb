"""What time does to an interview: expiry, an overdue end, a reservation nobody used."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.services import quota
from core import audit, due, state
from core.state import TransitionNotAllowed
from interviews.models import Interview, Turn
from interviews.selectors import timing
from interviews.services import evaluations, money, turned_away

AGAIN = timedelta(minutes=1)


def expire(*, interview_id: UUID) -> None:
    """Close an interview that was never started in time."""
    with transaction.atomic():
        interview = Interview.objects.get(pk=interview_id)
        if interview.status in Interview.BEFORE_START:
            try:
                state.move(interview, Interview.Status.EXPIRED, where=Q(expires_at__lte=Now()))
            except TransitionNotAllowed:
                return  # it was started or extended this instant; its due row is looked at again
            audit.record("interview.expired", interview)
        due.settle("interview_expiry", interview_id)


def close_overdue(*, interview_id: UUID) -> None:
    """Close an interview whose time is over and that was never submitted; its answers are evaluated.

    One that was paused, or worked on, since its end was owed is looked at again when its time is over.
    """
    with transaction.atomic():
        interview = Interview.objects.get(pk=interview_id)
        if interview.status in (Interview.Status.IN_PROGRESS, Interview.Status.PAUSED):
            if not _abandon(interview):
                due.owe("interview_deadline", interview_id, after=max(AGAIN, timing.time_to_end(interview)))
                return
            audit.record("interview.abandoned", interview)
            if interview.turns.filter(answer__isnull=False).exists():
                evaluations.owe(interview)
            else:
                money.give_back(interview_id)
        due.settle("interview_deadline", interview_id)


def _abandon(interview: Interview) -> bool:
    """Whether it was closed: not while a reply is owed, and not before its time is over."""
    if interview.turns.filter(status__in=[Turn.Status.OWED, Turn.Status.ASKING]).exists():
        return False
    try:
        state.move(interview, Interview.Status.ABANDONED, where=timing.is_over(interview))
    except TransitionNotAllowed:
        return False
    return True


def give_time_back(stood: timedelta) -> None:
    """The tenant was suspended for so long: what ran then ends as much later. The due rows look at it again."""
    running = Interview.objects.filter(status__in=[Interview.Status.IN_PROGRESS, Interview.Status.PAUSED])
    running.update(deadline_at=F("deadline_at") + stood, paused_at=F("paused_at") + stood)
    waiting = Interview.objects.filter(status__in=Interview.BEFORE_START, expires_at__gt=Now() - stood)
    waiting.update(expires_at=F("expires_at") + stood)


def release_quota(*, interview_id: UUID) -> None:
    """Give back the reservation of an interview that got no answer in a day."""
    with transaction.atomic():
        interview = Interview.objects.get(pk=interview_id)
        due.settle("quota_release", interview_id)  # before its place, as a first answer does: neither waits in vain
        if quota.release(interview_id=interview_id):
            audit.record("quota.released", interview)
            turned_away.room_came()
