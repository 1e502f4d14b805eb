"""Who listens to an interview's replies, told after the commit that they may not any longer: their streams end at once.

The candidate's key must still be there: whoever destroys it calls `close` first.
"""

from functools import partial
from uuid import UUID

from django.db import transaction

from interviews.models import Interview
from keys.ring import KeyDestroyed
from live import channels, closing
from live.channels import Channel


def dismiss(interview: Interview) -> None:
    """A link was revoked: whoever holds a valid one comes back with a new ticket."""

    if channel := _channel(interview):
        transaction.on_commit(partial(closing.dismiss, channel, why="revoked"), robust=True)


def close(interview: Interview, *, why: closing.Why) -> None:
    """The interview is over for good; pages that wait for the last turn learn it by the turn's end."""

    if channel := _channel(interview):
        end = partial(closing.close, channel, why=why, turn=_last_turn(interview))
        transaction.on_commit(end, robust=True)


def _channel(interview: Interview) -> Channel | None:
    try:
        return channels.of(interview.pk, interview.subject_id)
    except KeyDestroyed:
        return None


def _last_turn(interview: Interview) -> tuple[UUID, int] | None:
    return interview.turns.order_by("-number").values_list("pk", "fence").first()
