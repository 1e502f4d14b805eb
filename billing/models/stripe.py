"""What Stripe told us."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.subscriptions import Subscription
from core.ids import uuid7


class StripeEvent(models.Model):
    """A message of Stripe's, stored once by its id. It only says what to look at: its contents are never copied."""

    class Status(models.TextChoices):
        OWED = "owed", _("To be copied")
        DONE = "done", _("Copied")
        UNMATCHED = "unmatched", _("Of a customer that nobody here is")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.UNMATCHED: {Status.OWED},
        Status.OWED: {Status.DONE, Status.REFUSED, Status.FAILED},
        Status.DONE: {Status.UNMATCHED},  # looked at again: whose it is, is found anew
        Status.REFUSED: {Status.UNMATCHED},
        Status.FAILED: {Status.UNMATCHED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    stripe_id = models.CharField(_("id at Stripe"), max_length=255, unique=True)
    type = models.CharField(_("what happened"), max_length=100)
    object_type = models.CharField(_("to what"), max_length=60, blank=True)
    object_id = models.CharField(max_length=255, blank=True)
    customer = models.CharField(_("customer at Stripe"), max_length=255, blank=True)
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, null=True, blank=True, related_name="stripe_events"
    )
    livemode = models.BooleanField(_("real money"))
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    payload = models.JSONField()
    status = models.CharField(max_length=9, choices=Status.choices)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(_("why"), max_length=200, blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-received_at"]
        indexes = [models.Index(fields=["status", "received_at"], name="stripe_events_by_status")]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"
