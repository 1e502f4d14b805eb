"""Mail about accounts: what is owed, without a word of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.outbox import Outgoing


class AccountMail(Outgoing):
    """A mail to send. Its text, with a fresh secret, is made when it is sent, so nothing secret is ever stored."""

    class Kind(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        RESET = "reset", _("Password reset")
        CHANGED = "changed", _("Sign-in was changed")
        OWNER_RESET = "owner_reset", _("The owner's second factor was reset")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    about_id = models.UUIDField(help_text=_("The invitation, or the person who gets it."))

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
