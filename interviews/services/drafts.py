"""Half-written words: a save names the version it follows, so that nothing is overwritten unseen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F

from core import clock, state
from interviews.models import Interview, Turn
from interviews.services.turns import EmptyAnswer, NoSuchTurn, clean

RUNNING = (Interview.Status.IN_PROGRESS, Interview.Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the server holds; `saved_at` is None before the first save."""

    version: int
    text: str
    saved_at: datetime | None


class StaleDraft(Exception):
    """Another tab or device saved meanwhile; `newer` is what it saved."""

    def __init__(self, newer: Draft) -> None:
        super().__init__(newer.version)
        self.newer = newer


class TurnIsOver(Exception):
    """The question was answered or skipped, or the interview has ended; nothing was stored."""


def save(*, interview: Interview, turn_id: UUID, text: str, version: int) -> Draft:
    """Keep what is typed so far, if `version` is the one that the writer saw last. The same text again is no save.

    :raises StaleDraft: if another text was saved meanwhile.
    :raises TurnIsOver: if the turn takes no answer any more.
    :raises turns.NoSuchTurn: if `turn_id` is not one of this interview's.
    :raises turns.AnswerTooLong, turns.AnswerNotText: for text that could not be sent either.
    """
    text = _clean(text)
    turn = Turn.objects.filter(pk=turn_id, interview_id=interview.pk).first()
    if turn is None:
        raise NoSuchTurn
    if interview.status not in RUNNING:
        raise TurnIsOver
    now, changes = clock.now(), state.sealed(turn, {"draft": text or None})
    still_open = Turn.objects.filter(pk=turn.pk, status=Turn.Status.OPEN)
    saved = _save(still_open, "draft_version", version, changes | {"draft_at": now})
    if saved is not None:
        return Draft(saved, text, now)
    turn.refresh_from_db()
    if turn.status != Turn.Status.OPEN:
        raise TurnIsOver
    return _same_or_stale(Draft(turn.draft_version, turn.draft or "", turn.draft_at), text)


def save_closing(*, interview: Interview, text: str, version: int) -> Draft:
    """Keep the last words typed so far, under the same rule.

    :raises StaleDraft, TurnIsOver, turns.AnswerTooLong, turns.AnswerNotText: as `save` does.
    """
    text = _clean(text)
    running = Interview.objects.filter(pk=interview.pk, status=Interview.Status.IN_PROGRESS)
    changes = state.sealed(interview, {"closing_draft": text or None})
    saved = _save(running, "closing_version", version, changes)
    if saved is not None:
        return Draft(saved, text, clock.now())
    interview.refresh_from_db()
    if interview.status != Interview.Status.IN_PROGRESS:
        raise TurnIsOver
    return _same_or_stale(Draft(interview.closing_version, interview.closing_draft or "", None), text)


def _clean(text: str) -> str:
    try:
        return clean(text)
    except EmptyAnswer:
        return ""


def _save(rows: "models.QuerySet[Any]", column: str, version: int, changes: dict[str, Any]) -> int | None:
    """The new version, or None when another save was faster."""
    done = rows.filter(**{column: version}).update(**{column: F(column) + 1}, **changes)
    return version + 1 if done == 1 else None


def _same_or_stale(held: Draft, text: str) -> Draft:
    """The text that is there already was saved by this writer, whose acknowledgement was lost."""
    if held.text == text:
        return held
    raise StaleDraft(held)
