"""The outbox: mail that is owed, sent by a worker, retried until it went."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.outbox import Outgoing
from keys.fields import SealedTextField


class Mail(Outgoing):
    class Kind(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        COMPLETED = "completed", _("An interview was completed")
        QUOTA = "quota", _("The quota is used up")
        REQUEST = "request", _("A candidate asks for a person")
        FEEDBACK = "feedback", _("Feedback can be read")
        ROOM = "room", _("There is room to begin")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    interview = models.ForeignKey("Interview", on_delete=models.PROTECT, related_name="mails")
    subject_id = models.UUIDField()
    recipient = SealedTextField(label="mail.recipient")
    subject = SealedTextField(label="mail.subject")
    body_text = SealedTextField(label="mail.body_text", null=True, help_text=_("Emptied once it was sent."))
    body_html = SealedTextField(label="mail.body_html", null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
