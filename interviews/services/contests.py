"""A candidate contests an answer: says why it should not count, within the window, once a question."""

from uuid import UUID

from django.db import IntegrityError, transaction

from core import audit
from interviews.models import CandidateRequest, Contest, Interview, Turn
from interviews.selectors import contested
from interviews.services import requests, standing
from interviews.services.afterwards import RATEABLE
from interviews.services.turns import AnswerTooLong, NoSuchTurn, clean

MOST_WORDS = 2000  # characters


class NotContestable(Exception):
    """The interview has not ended, or the time to contest its questions is over."""


class AlreadyContested(Exception):
    """This question was contested; a person looks at it once."""


def contest(interview: Interview, *, turn_id: UUID, reason: str, words: str) -> Contest:
    """Ask a person to leave this answer out. Nothing is left out before somebody upholds it.

    People are mailed unless an earlier contest of this interview waits for them.

    :raises NotContestable, AlreadyContested, interviews.services.standing.Withdrawn: with nothing stored.
    :raises interviews.services.turns.NoSuchTurn: if `turn_id` is not an answered question of this interview.
    :raises ValueError: for an unknown reason or bad words (EmptyAnswer, AnswerTooLong, AnswerNotText).
    """
    chosen, said = Contest.Reason(reason), clean(words)
    if len(said) > MOST_WORDS:
        raise AnswerTooLong
    try:
        with transaction.atomic():
            return _contest(interview, turn_id, chosen, said)
    except IntegrityError as error:
        raise AlreadyContested from error


def _contest(interview: Interview, turn_id: UUID, reason: str, words: str) -> Contest:
    if standing.hold(interview.pk, alone=True) not in RATEABLE or contested.is_closed(interview):
        raise NotContestable
    answered = interview.turns.exclude(kind=Turn.Kind.CLOSING).filter(answer__isnull=False)
    turn = answered.filter(pk=turn_id).first()
    if turn is None:
        raise NoSuchTurn
    if Contest.objects.filter(turn=turn).exists():
        raise AlreadyContested
    made = Contest.objects.create(
        turn=turn,
        request=requests.ask(interview, kind=CandidateRequest.Kind.CONTEST, tell=not contested.is_open(interview.pk)),
        subject_id=interview.subject_id,
        reason=reason,
        words=words,
    )
    audit.record("contest.made", made, turn=str(turn.pk), reason=reason)
    return made
