"""Evaluations: levels per competency, each with quotes that stand in an answer."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.claims import Claimable
from core.ids import uuid7
from interviews.models.interviews import Interview
from interviews.models.jobs import Competency
from interviews.models.turns import Turn
from keys.fields import SealedTextField


class Evaluation(Claimable):
    class Status(models.TextChoices):
        OWED = "owed", _("Waiting")
        RUNNING = "running", _("Running")
        READY = "ready", _("Ready")
        PROVISIONAL = "provisional", _("Provisional")
        FAILED = "failed", _("Failed")
        SUPERSEDED = "superseded", _("Superseded")

    class Recommendation(models.TextChoices):
        HIRE = "hire", _("Hire")
        MAYBE = "maybe", _("Maybe")
        NO_HIRE = "no_hire", _("No hire")
        NONE = "", _("Not enough evidence")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.RUNNING},
        Status.RUNNING: {Status.READY, Status.PROVISIONAL, Status.FAILED, Status.OWED},
        Status.FAILED: {Status.OWED},
        Status.READY: {Status.SUPERSEDED},
        Status.PROVISIONAL: {Status.SUPERSEDED},
    }
    WAITING, WORKING = Status.OWED, Status.RUNNING

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="evaluations")
    subject_id = models.UUIDField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OWED)
    mode = models.CharField(max_length=8, blank=True)
    versions = models.JSONField(default=dict)
    input_hash = models.CharField(max_length=64, blank=True)
    overall = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    technical = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    communication = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    values = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    coverage = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    spread = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    recommendation = models.CharField(max_length=8, choices=Recommendation.choices, blank=True)
    error = models.CharField(max_length=60, blank=True)
    outputs = SealedTextField(label="evaluation.outputs", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["interview"], condition=~models.Q(status="superseded"), name="one_current_evaluation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.status}"


class CompetencyRating(models.Model):
    """A level with its evidence, or no level: no evidence is never a low level."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="ratings")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="ratings")
    subject_id = models.UUIDField()
    level = models.PositiveSmallIntegerField(null=True)
    confidence = models.DecimalField(max_digits=3, decimal_places=2)
    rationale = SealedTextField(label="rating.rationale", null=True)
    not_covered = SealedTextField(label="rating.not_covered", null=True)

    class Meta:
        ordering = ["competency__position"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "competency"], name="one_rating_a_competency"),
            models.CheckConstraint(
                condition=models.Q(level__isnull=True) | models.Q(level__range=(1, 5)), name="level_is_1_to_5_or_none"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency_id} {self.level}"


class Quote(models.Model):
    """A span of a candidate's answer, in code points; the words are in the answer alone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rating = models.ForeignKey(CompetencyRating, on_delete=models.PROTECT, related_name="quotes")
    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="quotes")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        ordering = ["turn__number", "start"]
        constraints = [models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="quote_is_not_empty")]

    def __str__(self) -> str:
        return f"{self.turn_id} {self.start}-{self.end}"


class Finding(models.Model):
    """A strength or a weakness, with the span that shows it."""

    class Kind(models.TextChoices):
        STRENGTH = "strength", _("Strength")
        WEAKNESS = "weakness", _("Weakness")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="findings")
    subject_id = models.UUIDField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = SealedTextField(label="finding.text")
    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.turn_id}"
