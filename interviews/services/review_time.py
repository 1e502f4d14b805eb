"""How long a review took: time between the steps that the server saw, never what a browser counted.

A page carries the moment at which the server made it, signed. With each save the time since then, or since the save
before where that is later, is added, at most `LONGEST_GAP` of it: who goes away for an hour has not read for an hour.
So it is a lower bound where somebody reads for longer than that without a key, and it can't be more than has passed.
"""

from datetime import datetime, timedelta

from django.core import signing

from core import clock
from interviews.models import Interview

LONGEST_GAP = timedelta(seconds=120)
SALT = "interviews.review_time"


def stamp(interview: Interview) -> str:
    """What the page of this interview carries: when it was made, for this interview alone."""
    return signing.dumps([str(interview.pk), clock.now().isoformat()], salt=SALT)


def opened_at(stamped: str, interview: Interview) -> datetime | None:
    """The moment in the stamp; None of one that is missing, forged or another interview's."""
    try:
        pk, moment = signing.loads(stamped, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return datetime.fromisoformat(moment) if pk == str(interview.pk) else None


def passed_ms(*, saved_at: datetime | None, opened_at: datetime | None, now: datetime) -> int:
    """What a save adds, in milliseconds; nothing where neither an opening nor an earlier save is known."""
    since = max(filter(None, (saved_at, opened_at)), default=None)
    if since is None:
        return 0
    return int(min(max(now - since, timedelta(0)), LONGEST_GAP) / timedelta(milliseconds=1))
