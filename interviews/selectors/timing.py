"""The clock of an interview: what is left of it, of its pauses, and when it ends by itself."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from core import clock
from interviews.models import Interview

MOST_PAUSES = 3
MOST_PAUSED = timedelta(minutes=15)  # all pauses together
LATE = timedelta(hours=1)  # after its time is over an interview can be submitted this long
IDLE = timedelta(days=14)  # an interview without a clock, or with one that may stand, ends after this long


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left; None is without a limit."""

    pauses: int | None
    time: timedelta | None

    @property
    def used_up(self) -> bool:
        return self.pauses == 0 or (self.time is not None and self.time < timedelta(seconds=1))


def allowance(interview: Interview) -> Allowance:
    """Without a limit where the time is not limited, and for who was granted breaks."""
    if interview.breaks or interview.deadline_at is None:
        return Allowance(None, None)
    used = timedelta(seconds=interview.paused_seconds)
    return Allowance(max(0, MOST_PAUSES - interview.pauses), max(timedelta(0), MOST_PAUSED - used))


def seconds_left(interview: Interview) -> int | None:
    """Of the time to answer, by the server's clock, which an allowed pause stops; None where it is not limited."""
    if interview.deadline_at is None:
        return None
    deadline = interview.deadline_at
    if interview.paused_at:
        deadline += stood(interview)
    return max(0, int((deadline - clock.now()).total_seconds()))


def time_to_end(interview: Interview) -> timedelta:
    """From now until an unfinished interview is closed; not positive when that time has come."""
    if _has_no_clock(interview):
        return interview.last_activity_at + IDLE - clock.now()
    assert interview.deadline_at is not None
    return interview.deadline_at + _pause_to_come(interview) + LATE - clock.now()


def is_over(interview: Interview) -> Q:
    """Whether it is to be closed, as a guard on its row by the database's clock."""
    if _has_no_clock(interview):
        return Q(last_activity_at__lte=Now() - IDLE)
    return Q(deadline_at__lte=Now() - LATE - _pause_to_come(interview))


def _has_no_clock(interview: Interview) -> bool:
    return interview.deadline_at is None or (interview.paused_at is not None and interview.breaks)


def _pause_to_come(interview: Interview) -> timedelta:
    """How much the open pause may add to the deadline at most."""
    return (allowance(interview).time or timedelta(0)) if interview.paused_at else timedelta(0)


def stood(interview: Interview) -> timedelta:
    """How long the open pause has stopped the clock so far."""
    assert interview.paused_at is not None
    time, since = allowance(interview).time, max(timedelta(0), clock.now() - interview.paused_at)
    return since if time is None else min(since, time)
