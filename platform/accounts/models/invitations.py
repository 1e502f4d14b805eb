"""Invitations into the team."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role
from core.ids import uuid7


class TeamInvitation(models.Model):
    """A link that lets somebody join. Only the hash of its secret is stored, and none before the mail is sent."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {Status.PENDING: {Status.ACCEPTED, Status.REVOKED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role.choices)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    token_hash = models.CharField(max_length=64, blank=True)
    invited_by_id = models.UUIDField(null=True, help_text=_("The person; empty for the first owner."))
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["email"], condition=models.Q(status="pending"), name="one_pending_invitation_an_address"
            ),
            models.UniqueConstraint(
                fields=["token_hash"], condition=~models.Q(token_hash=""), name="one_invitation_a_token"
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_is_lower"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.status}"
