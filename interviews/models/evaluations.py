"""Evaluations: levels per competency, each with quotes that stand in an answer."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.claims import Claimable
from core.ids import uuid7
from interviews.models.interviews import Interview
from interviews.models.jobs import Competency, JobVersion
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

    class Reason(models.TextChoices):
        """Why the recommendation is what it is."""

        OVER_HIRE = "over_hire", _("The overall is at or above the bar for hire")
        BETWEEN = "between", _("The overall lies between the two bars")
        UNDER_MAYBE = "under_maybe", _("The overall is below the bar for maybe")
        UNDER_FLOOR = "under_floor", _("Too little of the scorecard is covered by evidence")
        WITHHELD = "withheld", _("A person has to rate a competency first")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.RUNNING, Status.SUPERSEDED},
        Status.RUNNING: {Status.READY, Status.PROVISIONAL, Status.FAILED, Status.OWED, Status.SUPERSEDED},
        Status.FAILED: {Status.OWED, Status.SUPERSEDED},
        Status.READY: {Status.SUPERSEDED},
        Status.PROVISIONAL: {Status.SUPERSEDED},
    }
    WAITING, WORKING = Status.OWED, Status.RUNNING

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="evaluations")
    subject_id = models.UUIDField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OWED)
    mode = models.CharField(max_length=8, blank=True)
    rubric = models.ForeignKey(
        JobVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("The version whose scorecard rates; empty is the interview's own."),
    )
    without = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        help_text=_("The turns that are left out, because they were contested."),
    )
    versions = models.JSONField(default=dict)
    parameters = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    input_hash = models.CharField(max_length=64, blank=True)
    overall = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    technical = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    communication = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    values = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    coverage = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    spread = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    recommendation = models.CharField(max_length=8, choices=Recommendation.choices, blank=True)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, db_default="")
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
        indexes = [models.Index(fields=["finished_at"], name="evaluations_by_end")]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.status}"


class CompetencyRating(models.Model):
    """A level with its evidence, or no level: no evidence is never a low level.

    `value` is the level with two decimals where the evaluator knows it so finely, `spread` the distance of a model's
    passes in levels, `left_out` how many answers did not fit into the question that a model was asked.
    """

    class Withheld(models.TextChoices):
        """Why a person has to rate it."""

        ORDERS = "orders", _("An answer that it rests on gives orders to the evaluator")
        SPREAD = "spread", _("The passes of the model do not agree")
        DIFFERENCE = "difference", _("Without the words that give orders, the level is another")
        LANGUAGE = "language", _("The answers are not in the language of the interview")
        LENGTH = "length", _("An answer is too long for the evaluator")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="ratings")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="ratings")
    subject_id = models.UUIDField()
    level = models.PositiveSmallIntegerField(null=True)
    confidence = models.DecimalField(max_digits=3, decimal_places=2)
    value = models.DecimalField(max_digits=3, decimal_places=2, null=True)
    spread = models.PositiveSmallIntegerField(null=True)
    withheld = models.CharField(max_length=10, choices=Withheld.choices, blank=True, db_default="")
    left_out = models.PositiveSmallIntegerField(default=0, db_default=0)
    rationale = SealedTextField(label="rating.rationale", null=True)
    not_covered = SealedTextField(label="rating.not_covered", null=True)

    class Meta:
        ordering = ["competency__position"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "competency"], name="one_rating_a_competency"),
            models.CheckConstraint(
                condition=models.Q(level__isnull=True) | models.Q(level__range=(1, 5)), name="level_is_1_to_5_or_none"
            ),
            models.CheckConstraint(
                condition=models.Q(withheld="") | models.Q(level__isnull=True), name="withheld_rating_has_no_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency_id} {self.level}"


class Quote(models.Model):
    """A span of a candidate's answer, in code points; the words are in the answer alone."""

    class Kind(models.TextChoices):
        SUPPORTS = "supports", _("Supports the level")
        COUNTERS = "counters", _("Speaks against the level")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rating = models.ForeignKey(CompetencyRating, on_delete=models.PROTECT, related_name="quotes")
    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="quotes")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SUPPORTS, db_default="supports")
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
