"""What tenants let themselves spend, below what the platform lets them, and who was told that it is used up."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7

LEAST_USD, MOST_USD = Decimal("0.01"), Decimal(1_000_000)


class OwnBudget(models.Model):
    """A tenant's own: of a day or a month for all of its calls, or in all for one group of them (a job, say)."""

    class Period(models.TextChoices):
        DAY = "day", _("Day")
        MONTH = "month", _("Month")
        TOTAL = "total", _("In all")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.CharField(max_length=63)
    group_id = models.UUIDField(null=True)  # as LlmCall's: the caller knows what it is
    period = models.CharField(max_length=5, choices=Period.choices)
    limit_usd = models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(LEAST_USD), MaxValueValidator(MOST_USD)]
    )
    is_hard = models.BooleanField()
    warn_percent = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(99)])
    revision = models.PositiveIntegerField(default=1)  # counts the saves, so that nobody overwrites one unseen

    class Meta:
        db_table = "llm_own_budget"
        ordering = ["tenant", "period", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "period"], condition=Q(group_id=None), name="one_own_budget_a_period"
            ),
            models.UniqueConstraint(
                fields=["tenant", "group_id"], condition=~Q(group_id=None), name="one_own_budget_a_group"
            ),
            models.CheckConstraint(
                condition=Q(group_id=None, period__in=["day", "month"]) | Q(group_id__isnull=False, period="total"),
                name="own_budget_of_a_group_is_a_total",
            ),
            models.CheckConstraint(
                condition=Q(limit_usd__gte=LEAST_USD, limit_usd__lte=MOST_USD), name="own_budget_is_plausible"
            ),
            models.CheckConstraint(
                condition=Q(warn_percent__gte=1, warn_percent__lte=99), name="own_budget_warns_before_its_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} {self.group_id or 'everything'} {self.period}"


class OwnBudgetNotice(models.Model):
    """That a budget came to a level in a period: there is one row of it, and the tenant's people are told once.

    Another limit is another notice: whoever raises it wants to know when the new one is used up.
    """

    class Level(models.TextChoices):
        WARNED = "warned", _("Nearly used up")
        USED_UP = "used_up", _("Used up")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budget = models.ForeignKey(OwnBudget, on_delete=models.CASCADE, related_name="notices")
    since = models.DateTimeField()  # when the period began
    level = models.CharField(max_length=8, choices=Level.choices)
    limit_usd = models.DecimalField(max_digits=12, decimal_places=2)
    spent_usd = models.DecimalField(max_digits=16, decimal_places=8)  # by the ledger, when it was noticed
    noticed_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)  # of the worker that tells them
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "llm_own_budget_notice"
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "since", "level", "limit_usd"], name="one_notice_a_budget_period_and_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.budget_id} {self.since:%Y-%m-%d} {self.level}"
