"""Thumbs about questions, given once the interview is over."""

from uuid import UUID

from django.db import transaction

from core import audit, clock, metrics
from interviews.models import Interview, QuestionThumb, Turn
from interviews.services import standing
from interviews.services.afterwards import RATEABLE
from interviews.services.turns import NoSuchTurn


class NotThumbable(Exception):
    """The interview has not ended."""


@transaction.atomic
def give(interview: Interview, *, turn_id: UUID, thumb: str) -> None:
    """Keep how the candidate found the question; a later thumb replaces it, and only the first is counted.

    :raises interviews.services.turns.NoSuchTurn: if `turn_id` is not a question of this interview.
    :raises NotThumbable, interviews.services.standing.Withdrawn: with nothing stored.
    :raises ValueError: if it is neither up nor down.
    """
    thumb = QuestionThumb.Thumb(thumb)
    if standing.hold(interview.pk) not in RATEABLE:
        raise NotThumbable
    turn = interview.turns.exclude(kind=Turn.Kind.CLOSING).filter(pk=turn_id).first()
    if turn is None:
        raise NoSuchTurn
    values = {"subject_id": interview.subject_id, "thumb": thumb, "given_at": clock.now()}
    _, first = QuestionThumb.objects.update_or_create(turn=turn, defaults=values)
    if first:
        transaction.on_commit(metrics.thumbs.labels(thumb).inc, robust=True)
    audit.record("question.thumbed", turn)  # not which: the trail stands beside a name
