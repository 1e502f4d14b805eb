"""What the candidate's pages show."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from compliance.services.consent import DAYS_KEPT
from core import clock
from interviews.models import Interview, Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.selectors import receipts, timing

ANSWER_ERRORS = {
    "empty": _("Write an answer first; nothing was sent."),
    "long": _("The answer is longer than the limit; shorten it and send it again. Nothing was lost."),
    "text": _("The text holds characters that can't be stored. They were removed below; check it and send it again."),
    "conflict": _("This question was answered already, perhaps in another tab. Your interview goes on here."),
    "quota": _(
        "The company can't take another interview just now, so nothing was sent. They were told; please try again"
        " later. This is nothing you did."
    ),
    "late": _("No question is open any more, so this was not sent as an answer. You can submit it here instead."),
    "paused": _("The interview is paused, so nothing was sent. Resume first; your words are kept."),
    "skipped": _("This question was answered or skipped already, perhaps in another tab."),
    "moved": _("This question was answered already, perhaps in another tab, so the draft was not saved."),
    "stale": _("A newer draft was saved in another tab or on another device. Nothing was overwritten."),
    "draft": _("The draft could not be saved: the form was not complete. Copy your text and load the page again."),
    "draft_long": _("The draft is longer than the limit, so it was not saved. Shorten it; nothing was lost."),
    "draft_text": _(
        "The draft holds characters that can't be stored. They were removed below; check it and save again."
    ),
}
WAITING_BEFORE = "SELECT count(*) FROM interviews_turn WHERE status = 'owed' AND answered_at < %s"


def is_expired(interview: Interview) -> bool:
    return interview.expires_at <= clock.now()


def plan(interview: Interview) -> dict[str, Any]:
    """How long it takes and how much is asked; no minutes where the time is not limited."""
    minutes = int(interview.version.minutes * interview.time_factor) or None
    return {"minutes": minutes, "question_count": interview.version.questions.count()}


def landing(interview: Interview) -> dict[str, Any]:
    """What is asked, how long, what is recorded and kept, and what is not analysed."""
    return plan(interview) | {
        "competencies": [competency.name for competency in interview.version.competencies.all()],
        "deadline_at": interview.expires_at,
        "recorded": _("The text of your answers, and when you sent them."),
        "seen_by": _("The people who hire for this role."),
        "kept_until": (interview.created_at + timedelta(days=DAYS_KEPT)).date(),
        "not_analysed": [_("Your face"), _("Your voice or accent"), _("How fast you type"), _("Your mood")],
    }


@dataclass(frozen=True, slots=True)
class Room:
    """The room as it stands; `to_review` when every question was answered or skipped, or the time is over."""

    messages: list[dict[str, Any]]
    last_turn_id: UUID
    number: int
    count: int
    seconds_left: int | None
    to_review: bool
    turn: Turn = field(repr=False)
    queue: int | None = None

    def context(self) -> dict[str, Any]:
        status, turn = Turn.Status(self.turn.status), self.turn
        return {
            "messages": self.messages,
            "question_number": self.number,
            "question_count": self.count,
            "follow_up": turn.kind == Turn.Kind.PROBE,
            "progress": [position <= self.number for position in range(1, self.count + 1)],
            "seconds_left": self.seconds_left,
            "time_left": clock_face(self.seconds_left),
            "turn_id": turn.pk,
            "turn_open": status == Turn.Status.OPEN,
            "draft": (turn.draft or "") if status == Turn.Status.OPEN else "",
            "draft_version": turn.draft_version,
            "draft_saved_at": turn.draft_at if turn.draft else None,
            "answer_limit": LONGEST_ANSWER,
            "idempotency_key": turn.pk,
            "reply_owed": status in (Turn.Status.OWED, Turn.Status.ASKING),
            "reply_failed": status == Turn.Status.FAILED,
            "stage": turn.stage or Turn.Stage.RECEIVED,
            "position_in_queue": self.queue,
            "answer_error": "",
        }


def clock_face(seconds: int | None) -> str:
    """m:ss; empty without a limit."""
    return f"{seconds // 60}:{seconds % 60:02d}" if seconds is not None else ""


def room(interview: Interview) -> Room:
    """One query for the turns, one for the count; names and answers are decrypted here."""
    turns = list(interview.turns.select_related("question"))
    last, count = turns[-1], interview.version.questions.count()
    left = timing.seconds_left(interview)
    finished = last.status in (Turn.Status.REPLIED, Turn.Status.SKIPPED)
    return Room(
        messages=_messages(interview, turns),
        last_turn_id=last.pk,
        number=last.question.position if last.question else count,
        count=count,
        seconds_left=left,
        to_review=finished or (left == 0 and last.status == Turn.Status.OPEN),
        turn=last,
        queue=queue_position(last),
    )


def queue_position(turn: Turn) -> int | None:
    """How many answers of this tenant wait before this one's reply; None when it does not wait."""
    if turn.status != Turn.Status.OWED or turn.answered_at is None:
        return None
    with connection.cursor() as cursor:  # by hand: every answer asks
        cursor.execute(WAITING_BEFORE, [turn.answered_at])
        return int(cursor.fetchone()[0])


def state(interview: Interview) -> dict[str, Any]:
    """What a page that stands open asks for from time to time; nothing is decrypted."""
    fields = ("id", "status", "stage", "answered_at", "draft_version")
    turn = interview.turns.only(*fields).order_by("-number").first()
    return {
        "interview": interview.status,
        "seconds_left": timing.seconds_left(interview),
        "turn": str(turn.pk) if turn else None,
        "status": turn.status if turn else None,
        "stage": turn.stage if turn else "",
        "position_in_queue": queue_position(turn) if turn else None,
        "draft_version": turn.draft_version if turn else 0,
    }


def pause(interview: Interview) -> dict[str, Any]:
    """What is left of the time and of the pauses; None is without a limit."""
    left = timing.allowance(interview)
    seconds = timing.seconds_left(interview)
    if left.time is not None and interview.paused_at:
        left = timing.Allowance(left.pauses, left.time - timing.stood(interview))
    return {
        "time_left": clock_face(seconds),
        "pauses_left": left.pauses,
        "pause_minutes_left": None if left.time is None else int(left.time.total_seconds()) // 60,
        "pause_seconds_left": None if left.time is None else int(left.time.total_seconds()),
        "can_pause": not left.used_up and seconds != 0,
    }


def open_turn(interview: Interview, turn_id: UUID | None = None) -> Turn | None:
    """The question that waits for an answer, if it is this one."""
    named = {"pk": turn_id} if turn_id else {}
    return interview.turns.filter(status=Turn.Status.OPEN, **named).order_by("number").first()


def _messages(interview: Interview, turns: list[Turn]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    lead = interview.greeting or ""
    for turn in turns:
        if turn.shown:
            text = f"{lead}\n\n{turn.shown}".strip()
            shown.append(
                _message(f"m-{turn.number}-q", "interviewer", text, turn.opened_at) | {"follows": _follows(turn)}
            )
        if turn.status == Turn.Status.SKIPPED:
            shown.append(_message(f"m-{turn.number}-s", "skipped", "", turn.skipped_at))
        if turn.answer is not None:
            shown.append(_message(f"m-{turn.number}-a", "candidate", turn.answer, turn.answered_at))
        lead = turn.reply or ""
    return shown


def _follows(turn: Turn) -> int | None:
    """The position of the question that a follow-up belongs to; None for the question itself."""
    return turn.question.position if turn.kind == Turn.Kind.PROBE and turn.question else None


def _message(key: str, role: str, text: str, at: datetime | None) -> dict[str, Any]:
    return {"id": key, "role": role, "text": text, "sent_at": at}


def failed_turn(interview: Interview) -> Turn | None:
    """The turn whose reply failed, if any."""
    return interview.turns.filter(status=Turn.Status.FAILED).first()


def review(interview: Interview) -> dict[str, Any]:
    """Every question with its answer, skipped ones and the one whose time ran out too, and what is left of the time."""
    left = timing.seconds_left(interview)
    return {"answers": receipts.answers(interview), "seconds_left": left, "time_left": clock_face(left)}


def questions(interview: Interview) -> list[tuple[int, str]]:
    """The questions that were asked: number and words, to choose from."""
    asked = interview.turns.exclude(kind=Turn.Kind.CLOSING).order_by("number")
    return [(turn.number, f"{turn.number}. {turn.shown}") for turn in asked]
