"""Answers and replies. An acknowledged answer is never lost, and gets exactly one reply."""

import time
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from billing import selectors as billing
from billing.services import quota
from core import audit, claims, clock, due, metrics, pool, rows, slots, state, tenancy
from core.state import TransitionNotAllowed
from core.tasks import enqueue, remind
from interviews.models import Interview, Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.selectors import policies
from interviews.services import conversation, plans, standing
from interviews.services.interviewer import Reply, reply, script
from keys.ring import KeyDestroyed
from live import channels
from live.publisher import Publisher

DEADLINE_SECONDS = 40.0
MODEL_ATTEMPTS = 3  # a turn that killed this many workers is answered by the script
GIVE_UP_AFTER = 8
GRACE = timedelta(seconds=30)  # for an answer that was on its way when the time ran out
HOLD_OPEN = """
    UPDATE interviews_interview SET last_activity_at = %s
     WHERE id = %s AND status = 'in_progress'
       AND (deadline_at IS NULL OR deadline_at > statement_timestamp() - make_interval(secs => %s))"""
ASKED_FOR = """
    SELECT * FROM interviews_turn
     WHERE interview_id = %(interview)s
       AND (idempotency_key = %(key)s OR id = %(turn)s OR (%(turn)s::uuid IS NULL AND status = 'open'))
     ORDER BY number"""

log = structlog.get_logger()


class EmptyAnswer(ValueError):
    """The answer has no text."""


class AnswerTooLong(ValueError):
    """The answer is longer than LONGEST_ANSWER characters."""


class AnswerNotText(ValueError):
    """The answer holds control characters or is not valid text."""


class AnswerConflict(Exception):
    """The turn was answered with another text or key."""


class NoSuchTurn(LookupError):
    """The interview has no such turn."""


class NothingToAnswer(Exception):
    """The interview has no open question: it has ended, its time is over, or a reply is on its way."""


def clean(answer: str) -> str:
    """The answer as it is stored: line ends unified, outer white space gone.

    :raises EmptyAnswer, AnswerTooLong, AnswerNotText: with nothing stored.
    """
    answer = answer.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not answer:
        raise EmptyAnswer
    if len(answer) > LONGEST_ANSWER:
        raise AnswerTooLong
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in answer):
        raise AnswerNotText
    return answer


def submit_answer(*, interview: Interview, answer: str, idempotency_key: UUID, turn_id: UUID | None = None) -> Turn:
    """Store the answer to the open turn (or to `turn_id`) and owe it a reply.

    The same key with the same text is the same click again and returns the same turn.

    :raises AnswerConflict: if the turn was answered with another text, or the key was used for one.
    :raises NoSuchTurn: if `turn_id` is not one of this interview's.
    :raises NothingToAnswer: if no question is open.
    :raises EmptyAnswer, AnswerTooLong, AnswerNotText: for bad text.
    :raises billing.services.quota.QuotaExhausted: if the first answer came after its reservation was released.
    """
    answer = clean(answer)
    turn = _turn_for(interview, idempotency_key, turn_id)
    if turn.status != Turn.Status.OPEN:
        return _same_again(turn, answer, idempotency_key)
    try:
        with transaction.atomic():
            _store(turn, answer, idempotency_key)
    except (TransitionNotAllowed, IntegrityError) as error:
        turn.refresh_from_db()
        if turn.status == Turn.Status.OPEN:
            raise NothingToAnswer from error
        return _same_again(turn, answer, idempotency_key)
    return turn


def _turn_for(interview: Interview, key: UUID, turn_id: UUID | None) -> Turn:
    """The turn this key answered already, else the named one, else the open one."""
    turns = list(Turn.objects.raw(ASKED_FOR, {"interview": interview.pk, "turn": turn_id, "key": key}))
    known = next((turn for turn in turns if turn.idempotency_key == key), None)
    if known is not None and turn_id in (None, known.pk):
        return known
    found = next((turn for turn in turns if turn != known), None)
    if found is None:
        raise NoSuchTurn if turn_id else NothingToAnswer
    if known is not None:
        raise AnswerConflict
    return found


def _same_again(turn: Turn, answer: str, key: UUID) -> Turn:
    if turn.idempotency_key == key and turn.answer == answer:
        return turn
    raise AnswerConflict


def _store(turn: Turn, answer: str, key: UUID) -> None:
    """Answer, audit, due row and quota in one transaction; the message follows its commit."""
    now = clock.now()
    hold_open(turn.interview_id, now)
    state.move(
        turn,
        Turn.Status.OWED,
        source=Turn.Status.OPEN,
        answer=answer,
        draft=None,
        idempotency_key=key,
        answered_at=now,
        stage=Turn.Stage.RECEIVED,
    )
    audit.record("turn.answered", turn)
    due.owe("turn", turn.pk)
    enqueue("interviews.reply_to_turn", turn_id=turn.pk)
    if turn.number == 1:
        due.settle("quota_release", turn.interview_id)
        quota.consume(interview_id=turn.interview_id)


def hold_open(interview_id: UUID, now: datetime) -> None:
    """Hold the running interview's row until the commit, so that nothing ends it meanwhile.

    An UPDATE of its own: a condition on the interview in the turn's UPDATE would be a join, and
    PostgreSQL does not look at a join again after waiting for the row, so two answers would both win.

    :raises TransitionNotAllowed: if the interview does not run or its time is over.
    """
    if rows.execute(HOLD_OPEN, [now, interview_id, GRACE.total_seconds()]) != 1:
        raise TransitionNotAllowed(str(interview_id))


def write_reply(*, turn_id: UUID) -> None:
    """Claim the turn, ask the interviewer with nothing held, record the reply once.

    :raises core.claims.AlreadyClaimed: if another worker holds the lease or the turn was answered.
    :raises core.claims.LeaseLost: if another worker took over meanwhile; nothing was written.
    :raises core.slots.NoSlot: if the tenant's plan allows no more at once; the turn is called when a slot is free.
    """
    started = time.monotonic()
    with (
        slots.hold("turns", turn_id, most=billing.turns_at_once(), wake=_wake),
        claims.take(Turn, turn_id, stage=Turn.Stage.GENERATING) as claim,
    ):
        listeners = _listeners(claim)
        _observe("queue", (clock.now() - claim.row.answered_at).total_seconds())
        if claim.attempts > GIVE_UP_AFTER:
            _fail(claim, "TooManyAttempts")
            listeners.end("failed")
            return
        try:
            written = _ask(claim, listeners, deadline=started + DEADLINE_SECONDS)
            listeners.stage("saving_results")
            saving = time.perf_counter()
            with transaction.atomic():
                paused = standing.hold(claim.row.interview_id) == Interview.Status.PAUSED
                following = _record(claim, written)
            _observe("save", time.perf_counter() - saving)
        except (claims.LeaseLost, *pool.AWAY):
            raise  # the turn is owed as before
        except standing.Withdrawn:
            claim.record(Turn.Status.REPLIED, error="Withdrawn")  # without a reply, and no question follows
            return
        except Exception as error:
            log.error("reply_failed", exc_info=True)
            _fail(claim, type(error).__name__)
            listeners.end("failed")
            return
    shown = following.shown if following and not paused else None  # a question is read while its time runs
    listeners.end("replied", next_turn=following and str(following.pk), question=shown)
    _count(claim.row, written)


def _count(turn: Turn, written: Reply) -> None:
    metrics.turns.labels(tenancy.schema(), "replied", written.mode).inc()
    assert turn.replied_at is not None and turn.answered_at is not None  # it was recorded just now
    metrics.ai_response_latency.observe((turn.replied_at - turn.answered_at).total_seconds())
    if written.trouble:
        metrics.interview_errors.labels(written.trouble).inc()


def _observe(phase: str, seconds: float) -> None:
    metrics.turn_phase.labels(phase).observe(max(0.0, seconds))  # clocks of two machines may disagree


def _wake(turn_id: UUID) -> None:
    remind("interviews.reply_to_turn", turn_id=turn_id)


def _listeners(claim: claims.Claim) -> Publisher:
    """Whoever listens to this interview, told what happens to this turn under this claim."""
    turn: Turn = claim.row
    try:
        channel = channels.of(turn.interview_id, turn.subject_id)
    except KeyDestroyed:
        channel = None
    return Publisher(channel, turn.pk, claim.fence)


def _ask(claim: claims.Claim, listeners: Publisher, *, deadline: float) -> Reply:
    listeners.stage("retrieving_context")
    reading = time.perf_counter()
    context = conversation.context(claim.row)
    listeners.stage("generating_response")
    policy = policies.of_job(plans.of(claim.row.interview.version_id).version.job_id)
    _observe("context", time.perf_counter() - reading)
    if claim.attempts > MODEL_ATTEMPTS:
        return script.reply(context)
    written = reply(context, policy=policy, deadline=deadline, say=listeners.say, again=listeners.begin_again)
    if written.model:
        _observe("first_token", written.first_ms / 1000)
        _observe("generation", written.model_ms / 1000)
    return written


def _record(claim: claims.Claim, written: Reply) -> Turn | None:
    """The reply, the next question and the audit row in one transaction, guarded by the fence.

    :returns: the turn that was opened; None after the last question.
    """
    turn: Turn = claim.row
    claim.record(
        Turn.Status.REPLIED,
        reply=written.text,
        stage=Turn.Stage.COMPLETED,
        replied_at=clock.now(),
        mode=written.mode,
        model=written.model,
        prompt_version=written.prompt_version,
        tokens_in=written.tokens_in,
        tokens_out=written.tokens_out,
        model_ms=written.model_ms,
        error="",
    )
    following = conversation.open_next(turn, probe=written.probe)
    due.settle("turn", turn.pk)
    audit.record("turn.replied", turn, mode=written.mode, attempts=claim.attempts)
    return following


def _fail(claim: claims.Claim, error: str) -> None:
    """A visible failure that the candidate or an admin can retry; never a silent one."""
    with transaction.atomic():
        claim.record(Turn.Status.FAILED, error=error[:60])
        due.fail("turn", claim.row.pk, error)
        audit.record("turn.failed", claim.row, error=error)
    metrics.turns.labels(tenancy.schema(), "failed", "").inc()
    metrics.interview_errors.labels("failed").inc()


@transaction.atomic
def retry(*, turn_id: UUID, interview_id: UUID | None = None) -> None:
    """Owe a failed turn its reply again.

    :raises TransitionNotAllowed: if it did not fail.
    """
    owner = Q(interview_id=interview_id) if interview_id else Q()
    turn = Turn.objects.filter(owner, pk=turn_id).first()
    if turn is None:
        raise TransitionNotAllowed(str(turn_id))
    state.move(turn, Turn.Status.OWED, source=Turn.Status.FAILED, stage=Turn.Stage.RECEIVED, attempts=0, error="")
    due.owe("turn", turn.pk)
    enqueue("interviews.reply_to_turn", turn_id=turn.pk)
    audit.record("turn.retried", turn)


def printable(text: str) -> str:
    """The text without the characters that `clean` refuses, to give it back for correction."""
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cs") or c in "\n\t")
