"""What a tenant bought."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from billing.models.plans import Plan
from core.ids import uuid7


class Subscription(models.Model):
    """A tenant's plan, how it is paid for, and the instant its months are counted from."""

    class Status(models.TextChoices):
        TRIALING = "trialing", _("Trial")
        ACTIVE = "active", _("Active")
        PAST_DUE = "past_due", _("Payment overdue")  # everything goes on until the grace is over
        READ_ONLY = "read_only", _("Read-only until paid")
        CANCELLED = "cancelled", _("Cancelled")

    class Collection(models.TextChoices):
        INVOICE = "invoice", _("Invoice and bank transfer")
        STRIPE = "stripe", _("Card, by Stripe")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.TRIALING: {Status.ACTIVE, Status.READ_ONLY, Status.CANCELLED},
        Status.ACTIVE: {Status.PAST_DUE, Status.READ_ONLY, Status.CANCELLED},
        Status.PAST_DUE: {Status.ACTIVE, Status.READ_ONLY, Status.CANCELLED},
        Status.READ_ONLY: {Status.ACTIVE, Status.TRIALING, Status.CANCELLED},
        Status.CANCELLED: {Status.ACTIVE},
    }
    SERVED = frozenset({Status.TRIALING, Status.ACTIVE, Status.PAST_DUE})  # interviews start

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.OneToOneField("tenants.Tenant", on_delete=models.PROTECT, related_name="subscription")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    next_plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text=_("From the next period on.")
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE, db_default=Status.ACTIVE)
    collection = models.CharField(
        max_length=8, choices=Collection.choices, default=Collection.INVOICE, db_default=Collection.INVOICE
    )
    anchor_at = models.DateTimeField(help_text=_("Periods start at this instant and each month after it."))
    zone = models.CharField(
        _("time zone"),
        max_length=50,
        default="UTC",
        db_default="UTC",
        help_text=_("In whose clock a month is counted from the anchor, such as Europe/Lisbon."),
    )
    billed_since = models.DateTimeField(db_default=Now(), help_text=_("Periods that began before it are not invoiced."))
    overage_limit = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("How many interviews beyond the included the tenant allows a period.")
    )
    trial_ends_at = models.DateTimeField(null=True)
    past_due_since = models.DateTimeField(null=True)
    grace_ends_at = models.DateTimeField(null=True, help_text=_("Unpaid until then, it becomes read-only."))
    stopped_by_staff_at = models.DateTimeField(
        _("stopped by the staff"), null=True, help_text=_("No payment lifts this, only the act “Let everything go on”.")
    )
    cancels_at = models.DateTimeField(null=True, help_text=_("The end of the last period."))
    stripe_customer = models.CharField(max_length=100, blank=True, db_default="")
    stripe_subscription = models.CharField(max_length=100, blank=True, db_default="")
    stripe_looks = models.PositiveIntegerField(
        db_default=0, help_text=_("How often somebody began to look at Stripe's subscription.")
    )
    stripe_seen = models.PositiveIntegerField(db_default=0, help_text=_("The look that was copied last."))
    stripe_busy_until = models.DateTimeField(null=True, help_text=_("Somebody asks Stripe for something."))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stripe_customer"], condition=~Q(stripe_customer=""), name="a_stripe_customer_is_one_tenant"
            ),
            models.UniqueConstraint(
                fields=["stripe_subscription"],
                condition=~Q(stripe_subscription=""),
                name="a_stripe_subscription_is_one_tenant",
            ),
            models.CheckConstraint(
                condition=~Q(status="trialing") | Q(trial_ends_at__isnull=False), name="a_trial_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} {self.plan_id}"
