"""Mail that is owed: claimed, sent with nothing held, tried again with growing pauses, given up visibly."""

from typing import Any, ClassVar

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from core import audit, due, state
from core.claims import Claim, Claimable
from core.tasks import enqueue

GIVE_UP_AFTER = 12


class Outgoing(Claimable):
    """A mail to send. Subclasses say what it holds."""

    class Status(models.TextChoices):
        OWED = "owed", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.SENDING},
        Status.SENDING: {Status.SENT, Status.OWED, Status.FAILED},
        Status.FAILED: {Status.OWED},
    }
    WAITING, WORKING = Status.OWED, Status.SENDING

    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OWED)
    error = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


@transaction.atomic
def postpone(claim: Claim, *, kind: str, error: str) -> None:
    """Leave it owed for the next look of the due row of this `kind`, or give up visibly after many."""
    if claim.attempts < GIVE_UP_AFTER:
        claim.record(Outgoing.Status.OWED, error=error[:60])
    else:
        claim.record(Outgoing.Status.FAILED, error=error[:60])
        due.fail(kind, claim.row.pk, error)


@transaction.atomic
def retry(row: Any, *, kind: str, task: str, event: str, keyword: str = "mail_id") -> None:
    """Owe an Outgoing that was given up again; `keyword` is the task's for its id.

    :raises core.state.TransitionNotAllowed: if it was not.
    """
    state.move(row, Outgoing.Status.OWED, source=Outgoing.Status.FAILED, attempts=0, error="")
    due.owe(kind, row.pk)
    enqueue(task, **{keyword: row.pk})
    audit.record(event, row)
