"""Mail about invoices and payment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from billing.models.subscriptions import Subscription
from core import outbox
from core.ids import uuid7


class BillingNotice(outbox.Outgoing):
    """A mail to the people who pay for a tenant, once a `key`. Its text is written when it is sent."""

    class Kind(models.TextChoices):
        DETAILS_MISSING = "details_missing", _("Billing details are missing")
        ISSUED = "issued", _("An invoice or a credit note")
        OVERDUE = "overdue", _("An invoice is overdue")
        PAYMENT_FAILED = "payment_failed", _("A payment failed")
        REMINDER = "reminder", _("Reminder")
        LAST_REMINDER = "last_reminder", _("Last reminder")
        READ_ONLY = "read_only", _("Read-only until paid")
        RECOVERED = "recovered", _("Everything is paid")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="notices")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="notices")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(max_length=120, unique=True, help_text=_("What it is about: nobody is told twice."))

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.key
