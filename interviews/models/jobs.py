"""Jobs and their versions: what is asked and how it is rated. A published version never changes."""

from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


def _frozen(name: str) -> pgtrigger.Trigger:
    """Refuse every write to a part of a version that is published."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF EXISTS (SELECT 1 FROM interviews_jobversion v
                        WHERE v.id IN (OLD.version_id, NEW.version_id) AND v.published_at IS NOT NULL) THEN
                RAISE EXCEPTION 'A published job version never changes; publish a new one.';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,
    )


class Job(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=160)
    location = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="jobs")
    current_version = models.ForeignKey("JobVersion", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="open") | models.Q(current_version__isnull=False),
                name="open_job_has_a_published_version",
            )
        ]

    def __str__(self) -> str:
        return self.title


class JobAssignment(models.Model):
    """A hiring manager works on a job: its interviews exist for this person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="job_assignments")
    assigned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "job"], name="assigned_to_a_job_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.user_id}"


class JobVersion(models.Model):
    """An immutable plan once `published_at` is set: questions, competencies, weights, thresholds, minutes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    intro = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField(default=35, validators=[MinValueValidator(5), MaxValueValidator(240)])
    max_probes = models.PositiveSmallIntegerField(
        default=1, help_text=_("Follow-up questions a core question may get.")
    )
    max_probes_interview = models.PositiveSmallIntegerField(
        default=4, help_text=_("Follow-up questions an interview may get in all.")
    )
    words_every_reply = models.BooleanField(
        default=False,
        help_text=_("A model words every reply, also where no follow-up is asked; that costs a call for each answer."),
    )
    evaluation_waits_hours = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(24)],
        help_text=_("Evaluations may wait so many hours for a provider's batch, at about half the price; 0 = at once."),
    )
    jurisdiction = models.CharField(
        max_length=8, blank=True, help_text=_("Whose rules say which private matters are forbidden; empty = all.")
    )
    threshold_hire = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(70))
    threshold_maybe = models.DecimalField(max_digits=4, decimal_places=1, default=Decimal(50))
    coverage_floor = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal("0.60"))
    rubric_version = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of the scorecard; empty where the row is older than the column: see services.rubrics."),
    )
    rubric_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="job_version_numbers_are_unique"),
            models.CheckConstraint(
                condition=models.Q(threshold_hire__gte=models.F("threshold_maybe")),
                name="hire_threshold_is_not_below_maybe",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_version_is_frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.published_at IS NOT NULL"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.job.title} v{self.number}"


class Competency(models.Model):
    """A behavioural scale of a version; a three-anchor rubric leaves anchors 2 and 4 empty."""

    class Dimension(models.TextChoices):
        TECHNICAL = "technical", _("Technical")
        COMMUNICATION = "communication", _("Communication")
        VALUES = "values", _("Values")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(JobVersion, on_delete=models.PROTECT, related_name="competencies")
    position = models.PositiveSmallIntegerField()
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    definition = models.TextField()
    dimension = models.CharField(max_length=14, choices=Dimension.choices)
    weight = models.DecimalField(max_digits=5, decimal_places=3, validators=[MinValueValidator(Decimal(0))])
    anchor_1 = models.TextField()
    anchor_2 = models.TextField(blank=True)
    anchor_3 = models.TextField()
    anchor_4 = models.TextField(blank=True)
    anchor_5 = models.TextField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], name="competency_keys_are_unique_in_a_version"),
            models.CheckConstraint(condition=models.Q(weight__gte=0), name="competency_weight_is_not_negative"),
        ]
        triggers = [_frozen("competency_of_a_published_version_is_frozen")]

    def __str__(self) -> str:
        return self.name

    @property
    def anchors(self) -> tuple[str, str, str, str, str]:
        return (self.anchor_1, self.anchor_2, self.anchor_3, self.anchor_4, self.anchor_5)


class Question(models.Model):
    """A core question, shown word for word to every candidate in the same order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(JobVersion, on_delete=models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    follow_ups = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text=_("Kind of follow-up -> words that were written for this question."),
    )
    competencies = models.ManyToManyField(Competency, related_name="questions")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="question_positions_are_unique_in_a_version")
        ]
        triggers = [_frozen("question_of_a_published_version_is_frozen")]

    def __str__(self) -> str:
        return self.text[:80]


_Mapping: Any = Question.competencies.through


class AskedAbout(_Mapping):
    """Which competencies a question is about; frozen with its version."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="mapping_of_a_published_version_is_frozen",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (SELECT 1 FROM interviews_question q JOIN interviews_jobversion v ON v.id = q.version_id
                                WHERE q.id IN (OLD.question_id, NEW.question_id) AND v.published_at IS NOT NULL) THEN
                        RAISE EXCEPTION 'A published job version never changes; publish a new one.';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            )
        ]
