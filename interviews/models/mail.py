"""The outbox: mail that is owed, sent by a worker, retried until it went."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.claims import Claimable
from core.ids import uuid7
from keys.fields import SealedTextField


class Mail(Claimable):
    class Status(models.TextChoices):
        OWED = "owed", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    class Kind(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        COMPLETED = "completed", _("An interview was completed")
        QUOTA = "quota", _("The quota is used up")
        REQUEST = "request", _("A candidate asks for a person")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.SENDING},
        Status.SENDING: {Status.SENT, Status.OWED, Status.FAILED},
        Status.FAILED: {Status.OWED},
    }
    WAITING, WORKING = Status.OWED, Status.SENDING

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    interview = models.ForeignKey("Interview", on_delete=models.PROTECT, related_name="mails")
    subject_id = models.UUIDField()
    recipient = SealedTextField(label="mail.recipient")
    subject = SealedTextField(label="mail.subject")
    body_text = SealedTextField(label="mail.body_text", null=True, help_text=_("Emptied once it was sent."))
    body_html = SealedTextField(label="mail.body_html", null=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OWED)
    error = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
