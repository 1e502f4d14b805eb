"""What a candidate may do about a question beside answering it: skip it, or say that it does not fit."""

from uuid import UUID

from django.db import transaction

from billing.services import quota
from core import audit, clock, due, state
from core.state import TransitionNotAllowed
from interviews.models import Interview, QuestionFlag, Turn
from interviews.services import conversation, turns
from interviews.services.turns import EmptyAnswer, NothingToAnswer, clean

MOST_WORDS = 2000  # characters


def skip(*, interview: Interview, turn_id: UUID) -> None:
    """Leave the question unanswered and open the next core question at once. Skipping it again changes nothing.

    :raises turns.NothingToAnswer: if the turn was answered, or the interview does not run or its time is over.
    :raises billing.services.quota.QuotaExhausted: if its reservation was released and none is left.
    """
    turn = interview.turns.select_related("question").filter(pk=turn_id).first()
    if turn is None:
        raise turns.NoSuchTurn
    if turn.status == Turn.Status.SKIPPED:
        return
    try:
        with transaction.atomic():
            _skip(turn)
    except TransitionNotAllowed as error:
        turn.refresh_from_db(fields=["status"])
        if turn.status != Turn.Status.SKIPPED:
            raise NothingToAnswer from error


def _skip(turn: Turn) -> None:
    now = clock.now()
    turns.hold_open(turn.interview_id, now)
    state.move(turn, Turn.Status.SKIPPED, source=Turn.Status.OPEN, draft=None, skipped_at=now)
    conversation.open_next(turn, probe=None)
    audit.record("turn.skipped", turn)
    if turn.number == 1:  # the interview is under way, with or without an answer to its first question
        due.settle("quota_release", turn.interview_id)
        quota.consume(interview_id=turn.interview_id)


@transaction.atomic
def flag(*, interview: Interview, turn_id: UUID, reason: str, words: str) -> None:
    """Keep that the question does not fit, in the candidate's words; flagging it again replaces what was said.

    :raises turns.NoSuchTurn: if `turn_id` is not a question of this interview.
    :raises turns.AnswerTooLong, turns.AnswerNotText: for bad words.
    """
    turn = interview.turns.exclude(kind=Turn.Kind.CLOSING).filter(pk=turn_id).first()
    if turn is None:
        raise turns.NoSuchTurn
    try:
        said = clean(words)
    except EmptyAnswer:
        said = ""
    if len(said) > MOST_WORDS:
        raise turns.AnswerTooLong
    found, _ = QuestionFlag.objects.update_or_create(
        turn=turn,
        defaults={
            "subject_id": interview.subject_id,
            "reason": QuestionFlag.Reason(reason),
            "words": said or None,
            "flagged_at": clock.now(),
        },
    )
    audit.record("question.flagged", found, turn=str(turn.pk), reason=reason)
