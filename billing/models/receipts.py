"""What an interview costs beside its models, and who sees its receipt."""

from decimal import Decimal

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.ids import uuid7


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


class InterviewReceipt(InfrastructureShare):
    """A place in the admin for the receipt of any interview; it has no rows of its own."""

    class Meta:
        proxy = True
        verbose_name = _("receipt of an interview")
        verbose_name_plural = _("receipts of interviews")


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
