"""Budgets, and what the ledger's rows come to by the hour and by the day."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core import tenancy
from core.ids import uuid7
from llm import features


class Budget(models.Model):
    """What may be spent in a period: by the platform, a tenant, a feature, or a feature of a tenant."""

    class Period(models.TextChoices):
        DAY = "day", _("Day")
        MONTH = "month", _("Month")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.CharField(max_length=63, blank=True, help_text=_("A schema; empty = all of them together."))
    feature = models.CharField(max_length=40, blank=True, help_text=_("Empty = all of them together."))
    period = models.CharField(max_length=5, choices=Period.choices, default=Period.DAY)
    limit_usd = models.DecimalField(max_digits=12, decimal_places=4, validators=[MinValueValidator(Decimal("0.0001"))])
    is_hard = models.BooleanField(default=True, help_text=_("Stops calls; otherwise it only warns."))
    warn_percent = models.PositiveSmallIntegerField(default=80)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        db_table = "llm_budget"
        ordering = ["tenant", "feature", "period"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "feature", "period"], name="one_budget_a_scope_and_period"),
            models.CheckConstraint(condition=models.Q(limit_usd__gt=0), name="llm_budget_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant or 'platform'} {self.feature or 'everything'} a {self.period}"

    def clean(self) -> None:
        if self.feature and self.feature not in features.listed():
            raise ValidationError({"feature": _("No call is made for this feature.")})
        if self.tenant:
            self._clean_tenant()
        if not 1 <= self.warn_percent <= 100:
            raise ValidationError({"warn_percent": _("Between 1 and 100 percent of the limit.")})

    def _clean_tenant(self) -> None:
        try:
            tenancy.by_schema(self.tenant)
        except tenancy.UnknownTenant as error:
            raise ValidationError({"tenant": _("No tenant has this schema.")}) from error


class UsageHour(models.Model):
    """The ledger's settled rows of an hour (by `created_at`), added up, so that statistics stay fast over years.

    Attempts at one answer share a request; the one numbered 1 counts as the request, so that retries don't.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    hour = models.DateTimeField()
    tenant = models.CharField(max_length=63)
    feature = models.CharField(max_length=40)
    provider = models.CharField(max_length=40)
    account = models.CharField(max_length=40)
    model = models.CharField(max_length=200)
    source = models.CharField(max_length=10)
    requests = models.PositiveIntegerField(default=0)  # first attempts
    calls = models.PositiveIntegerField(default=0)  # all attempts
    failures = models.PositiveIntegerField(default=0)
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_cached = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    own_key_usd = models.DecimalField(max_digits=16, decimal_places=8, default=0, db_default=0)  # of cost_usd
    saved_usd = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    latency_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        db_table = "llm_usage_hour"
        verbose_name = _("model use")
        verbose_name_plural = _("model use")
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "tenant", "feature", "provider", "account", "model", "source"],
                name="one_row_an_hour_and_kind_of_use",
            )
        ]
        indexes = [models.Index(fields=["tenant", "hour"], name="llm_usage_by_tenant")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.tenant} {self.feature} {self.model}"


class UsageGroup(models.Model):
    """What the calls of a tenant's group cost in an hour: the ledger lets its rows go, and a group's budget lasts."""

    pk = models.CompositePrimaryKey("hour", "tenant", "group_id")
    hour = models.DateTimeField()
    tenant = models.CharField(max_length=63)
    group_id = models.UUIDField()
    cost_usd = models.DecimalField(max_digits=16, decimal_places=8)

    class Meta:
        db_table = "llm_usage_group"
        verbose_name = "model use of a group"
        indexes = [models.Index(fields=["tenant", "group_id"], name="llm_usage_by_group")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.tenant} {self.group_id}"


class UsageDay(models.Model):
    """The hours of a UTC day added up once more, for what the statistics read over months of all tenants."""

    pk = models.CompositePrimaryKey("day", "tenant", "source")
    day = models.DateField()
    tenant = models.CharField(max_length=63)
    source = models.CharField(max_length=10)
    requests = models.PositiveIntegerField()
    saved_usd = models.DecimalField(max_digits=16, decimal_places=8)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=8, default=0, db_default=0)
    own_key_usd = models.DecimalField(max_digits=16, decimal_places=8, default=0, db_default=0)  # of cost_usd

    class Meta:
        db_table = "llm_usage_day"
        verbose_name = "model use of a day"

    def __str__(self) -> str:
        return f"{self.day} {self.tenant} {self.source}"
