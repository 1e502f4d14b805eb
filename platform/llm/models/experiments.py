"""Prompt versions against each other, with guardrails."""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


class Experiment(models.Model):
    """Which prompt versions of a feature are tried, on whom, and what switches one off."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {Status.DRAFT: {Status.RUNNING}, Status.RUNNING: {Status.ENDED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60, unique=True)
    feature = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    tenants = models.JSONField(default=list, blank=True, help_text=_("Schemas that take part; empty = all."))
    least_calls = models.PositiveIntegerField(default=50, help_text=_("Calls of a version before it is judged."))
    most_cost_ratio = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal("1.50"))
    most_latency_ratio = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal("1.50"))
    most_bad_output_percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(5))
    least_rating = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Of candidates, where they rate; empty = any."),
    )
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "llm_experiment"
        constraints = [
            models.UniqueConstraint(
                fields=["feature"], condition=models.Q(status="running"), name="one_running_experiment_a_feature"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """A prompt version in an experiment; the first one (`is_control`) is what the others are measured against."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="variants")
    prompt_version = models.CharField(max_length=40)
    percent = models.PositiveSmallIntegerField(validators=[MaxValueValidator(100)])
    is_control = models.BooleanField(default=False)
    switched_off_at = models.DateTimeField(null=True, blank=True, editable=False)
    reason = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        db_table = "llm_variant"
        ordering = ["-is_control", "prompt_version"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "prompt_version"], name="one_variant_a_prompt_version"),
            models.UniqueConstraint(
                fields=["experiment"], condition=models.Q(is_control=True), name="one_control_an_experiment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.experiment_id} {self.prompt_version}"
