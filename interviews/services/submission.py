"""Review and submit: the candidate's last look, the receipt, and the evaluation that is owed."""

import hashlib
from typing import Any

from django.db import transaction

from accounts.roles import Permission
from billing.services import metering
from core import audit, clock, due, metrics, state, tenancy
from interviews.models import Interview, Turn
from interviews.selectors import receipts
from interviews.services import evaluations, mail, money, turns


class NotFinished(Exception):
    """A question is open or a reply is on its way; finish it first."""


def submit(interview: Interview, *, closing: str) -> None:
    """Complete the interview. Submitting again changes nothing.

    :param closing: the free last field, may be empty.
    :raises NotFinished: while a reply is owed, or if no question was answered or skipped.
    :raises core.state.TransitionNotAllowed: if the interview is not running.
    :raises turns.AnswerTooLong, turns.AnswerNotText: for a bad last field.
    """
    closing = turns.clean(closing) if closing.strip() else ""
    with transaction.atomic():
        held = Interview.objects.select_for_update().get(pk=interview.pk)  # against a second click and a late answer
        if held.status == Interview.Status.COMPLETED:
            return
        if interview.turns.filter(status__in=[Turn.Status.OWED, Turn.Status.ASKING]).exists():
            raise NotFinished
        if not interview.turns.filter(receipts.SUBMITTED).exists():
            raise NotFinished
        if closing:
            _store_closing(interview, closing)
        now, receipt = clock.now(), receipt_hash(interview)
        changes: dict[str, Any] = {"completed_at": now, "last_activity_at": now, "receipt_hash": receipt}
        state.move(interview, Interview.Status.COMPLETED, closing_draft=None, **changes)
        audit.record("interview.submitted", interview)
        due.settle("interview_deadline", interview.pk)
        if interview.turns.filter(answer__isnull=False).exists():
            evaluations.owe(interview)
        else:
            money.give_back(interview.pk)
        mail.owe_to_staff(
            kind="completed",
            interview=interview,
            permission=Permission.REVIEW,
            context={"job_title": interview.application.job.title},
        )
        metering.completed(interview_id=interview.pk, at=now)
    metrics.interviews.labels(tenancy.schema(), "completed").inc()


def receipt_hash(interview: Interview) -> str:
    """SHA-256 over the canonical JSON of what was submitted."""
    return hashlib.sha256(receipts.canonical(interview).encode()).hexdigest()


def _store_closing(interview: Interview, text: str) -> None:
    last = interview.turns.order_by("-number").values_list("number", flat=True).first() or 0
    Turn.objects.create(
        interview=interview,
        subject_id=interview.subject_id,
        number=last + 1,
        kind=Turn.Kind.CLOSING,
        shown="",
        answer=text,
        answered_at=clock.now(),
        replied_at=clock.now(),
        status=Turn.Status.REPLIED,
    )
