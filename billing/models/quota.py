"""What was used of what a tenant bought."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.plans import Plan
from billing.models.subscriptions import Subscription
from core.ids import uuid7
from core.triggers import refuse

MOST_CREDITS = 100_000


class QuotaPeriod(models.Model):
    """A month of a subscription, or its trial. reserved + consumed = interviews started and not released.

    What may be used: `included` by the plan, `credited` by the platform's staff, and `overage_allowed` that the tenant
    chose to pay for one by one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="periods")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, null=True, related_name="+", help_text=_("At its end."))
    is_trial = models.BooleanField(default=False, db_default=False)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    included = models.PositiveIntegerField()
    credited = models.PositiveIntegerField(default=0, db_default=0)
    overage_allowed = models.PositiveIntegerField(default=0, db_default=0)
    reserved = models.PositiveIntegerField(default=0)
    consumed = models.PositiveIntegerField(default=0)
    warned_percent = models.PositiveSmallIntegerField(default=0, db_default=0)
    stripe_item = models.CharField(
        max_length=100, blank=True, db_default="", help_text=_("What Stripe charges its overage by (ii_…).")
    )
    closed_at = models.DateTimeField(null=True, help_text=_("Since then its overage stands: nothing is reserved."))

    class Meta:
        ordering = ["-period_start"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "period_start"], name="one_quota_period_a_month"),
            models.CheckConstraint(
                condition=Q(included__gte=F("reserved") + F("consumed") - F("credited") - F("overage_allowed")),
                name="what_was_bought_is_never_exceeded",
            ),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="period_ends_after_its_start"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(reserved=0), name="a_closed_period_reserves_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_start:%Y-%m-%d} {self.reserved + self.consumed}/{self.bought}"

    @property
    def bought(self) -> int:
        """How many need no further payment."""
        return self.included + self.credited


class QuotaUse(models.Model):
    """One interview's place in the quota."""

    class Status(models.TextChoices):
        RESERVED = "reserved", _("Reserved")
        CONSUMED = "consumed", _("Consumed")
        RELEASED = "released", _("Released")

    interview_id = models.UUIDField(primary_key=True)
    period = models.ForeignKey(QuotaPeriod, on_delete=models.PROTECT, related_name="uses")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RESERVED)
    reserved_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.interview_id} {self.status}"


class UsageRecord(models.Model):
    """Something that was used, once: written with what used it, never changed. `key` says what it is, in one word.

    The overage of a period is the sum of its rows of that kind; a credit that comes later is a row with a minus, and
    takes the oldest back first. Each costs what the plan says under which it was used.
    """

    class Kind(models.TextChoices):
        STARTED = "interview_started", _("Interview started")
        COMPLETED = "interview_completed", _("Interview completed")
        VOICE_MINUTES = "voice_minutes", _("Voice minutes")
        OVERAGE = "overage", _("Interview beyond the included")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="usage")
    period = models.ForeignKey(QuotaPeriod, on_delete=models.PROTECT, related_name="usage")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    interview_id = models.UUIDField(null=True)
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, null=True, related_name="+", help_text=_("Whose price an overage has.")
    )
    occurred_at = models.DateTimeField()
    key = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ["-occurred_at"]
        indexes = [
            models.Index(fields=["subscription", "kind", "occurred_at"], name="usage_by_kind"),
            models.Index(fields=["interview_id"], name="usage_by_interview"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="usage_is_not_nothing"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) | Q(kind="overage"), name="only_an_overage_is_taken_back"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="usage_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            refuse("usage_is_never_truncated", pgtrigger.Truncate, "A usage record stays."),
        ]

    def __str__(self) -> str:
        return self.key


class CreditGrant(models.Model):
    """Interviews that the platform's staff gave a tenant for a period, and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    period = models.ForeignKey(QuotaPeriod, on_delete=models.PROTECT, related_name="credits")
    interviews = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    granted_by = models.UUIDField(help_text=_("A person of the platform's staff."))
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-granted_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(interviews__gte=1, interviews__lte=MOST_CREDITS), name="a_credit_is_a_sensible_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.interviews} {self.period}"
