"""What a tenant bought (quota), in the public schema. Tenants are named by id, interviews by UUID."""

from decimal import Decimal

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.ids import uuid7


class Plan(models.Model):
    """A plan on offer."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=60)
    price_usd = models.DecimalField(max_digits=10, decimal_places=2)
    interviews_a_month = models.PositiveIntegerField()
    turns_at_once = models.PositiveSmallIntegerField(
        default=20, help_text=_("Replies that are written for the tenant at the same time; the others wait.")
    )
    own_keys = models.BooleanField(
        _("own keys"),
        default=False,
        db_default=False,
        help_text=_("Its tenants' own keys at model providers are used for them."),
    )
    api_calls_a_minute = models.PositiveIntegerField(
        _("API calls a minute"), default=60, db_default=60, help_text=_("Of all keys of a tenant together.")
    )

    class Meta:
        ordering = ["price_usd"]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A tenant's plan, and the instant its months are counted from."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.OneToOneField("tenants.Tenant", on_delete=models.PROTECT, related_name="subscription")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT)
    anchor_at = models.DateTimeField(help_text=_("Periods start at this instant and each month after it, in UTC."))

    def __str__(self) -> str:
        return f"{self.tenant} {self.plan_id}"


class QuotaPeriod(models.Model):
    """A month of a subscription. reserved + consumed = interviews started and not released."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="periods")
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    included = models.PositiveIntegerField()
    reserved = models.PositiveIntegerField(default=0)
    consumed = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-period_start"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "period_start"], name="one_quota_period_a_month"),
            models.CheckConstraint(
                condition=Q(included__gte=F("reserved") + F("consumed")), name="quota_is_never_exceeded"
            ),
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="period_ends_after_its_start"),
        ]

    def __str__(self) -> str:
        return f"{self.period_start:%Y-%m-%d} {self.reserved + self.consumed}/{self.included}"


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


class InfrastructureShare(models.Model):
    """What one interview costs in servers, for the interviews that begin from a day (UTC) on.

    A day that has begun keeps its share, so that no receipt that somebody saw ever changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    from_date = models.DateField(
        _("from"),
        unique=True,
        help_text=_("From this day on (UTC): tomorrow, or later. Receipts of before keep theirs."),
    )
    usd_an_interview = models.DecimalField(
        _("dollars an interview"), max_digits=12, decimal_places=8, validators=[MinValueValidator(Decimal(0))]
    )
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("How it was worked out."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-from_date"]
        verbose_name = _("infrastructure share")
        constraints = [
            models.CheckConstraint(condition=Q(usd_an_interview__gte=0), name="infrastructure_share_is_not_negative"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="infrastructure_share_stays_once_it_counts",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF TG_OP <> 'INSERT' AND OLD.from_date <= (now() AT TIME ZONE 'UTC')::date
                        OR TG_OP <> 'DELETE' AND NEW.from_date <= (now() AT TIME ZONE 'UTC')::date THEN
                        RAISE EXCEPTION 'A day that has begun keeps its share of the infrastructure.'
                            USING ERRCODE = 'insufficient_privilege';
                    END IF;
                    IF TG_OP = 'DELETE' THEN
                        RETURN OLD;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_date:%Y-%m-%d} {self.usd_an_interview}"

    @property
    def counts(self) -> bool:
        """Whether its day has begun."""
        return self.from_date <= clock.now().date()

    def clean(self) -> None:
        if self.from_date and self.counts:
            raise ValidationError({"from_date": _("This day has begun, and its receipts keep what they show.")})


class ReceiptPolicy(models.Model):
    """Whether a tenant sees what its interviews cost to run; without a row it does."""

    tenant = models.OneToOneField(
        "tenants.Tenant", on_delete=models.CASCADE, primary_key=True, related_name="receipt_policy"
    )
    is_shown = models.BooleanField(
        _("shown"), default=True, help_text=_("The tenant's owners and admins see the cost receipts of its interviews.")
    )

    class Meta:
        verbose_name = _("who sees receipts")
        verbose_name_plural = _("who sees receipts")

    def __str__(self) -> str:
        return str(self.tenant)
