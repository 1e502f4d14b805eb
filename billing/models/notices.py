"""Mail about money: to whom and about what, without a word of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import Invoice
from billing.models.subscriptions import Subscription
from core import outbox
from core.ids import uuid7


class BillingNotice(outbox.Outgoing):
    """A mail to one person of a tenant, or to all who pay for it. Its text is made when it is sent, from the rows.

    `key` says what it tells, in one word: nobody is told the same thing twice. `detail` holds ids and numbers.
    """

    class Kind(models.TextChoices):
        DETAILS_MISSING = "details_missing", _("Billing details are missing")
        ISSUED = "issued", _("An invoice or a credit note")
        OVERDUE = "overdue", _("An invoice is overdue")
        PAYMENT_FAILED = "payment_failed", _("A payment failed")
        REMINDER = "reminder", _("Reminder")
        LAST_REMINDER = "last_reminder", _("Last reminder")
        READ_ONLY = "read_only", _("Read-only until paid")
        STOPPED = "stopped", _("Stopped by the staff")
        VOIDED = "voided", _("An invoice became void")
        CANCELLATION = "cancellation", _("The plan was cancelled")
        RECOVERED = "recovered", _("Everything is paid")
        QUOTA = "quota", _("Most interviews are used, or all")
        QUOTA_INVITE = "quota_invite", _("All interviews are used, for those who invite")
        TRIAL_ENDS = "trial_ends", _("The trial ends soon")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="notices")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, null=True, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=120, help_text=_("What it is about: nobody is told twice."))
    person_id = models.UUIDField(
        null=True, help_text=_("A person of the tenant's own schema. Nobody: all who pay for the tenant, together.")
    )
    detail = models.JSONField(default=dict, db_default={})

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["key", "person_id"], name="nobody_is_told_of_billing_twice"),
            # Apart, because PostgreSQL 14 knows no NULLS NOT DISTINCT.
            models.UniqueConstraint(fields=["key"], condition=Q(person_id=None), name="all_are_told_of_billing_once"),
        ]

    def __str__(self) -> str:
        return self.key
