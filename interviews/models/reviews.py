"""What people said: their own ratings, and decisions by name."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.triggers import refuse
from interviews.models.candidates import Application
from interviews.models.evaluations import Evaluation
from interviews.models.interviews import Interview
from interviews.models.jobs import Competency
from keys.fields import SealedTextField


class Review(models.Model):
    """One person's own ratings of one interview.

    `draft_version` counts the saves; `active_ms` is the time between them, by the server's clock
    (interviews.services.review_time).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {Status.DRAFT: {Status.SUBMITTED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    saved_at = models.DateTimeField(null=True)
    draft_version = models.PositiveIntegerField(default=0, db_default=0)
    active_ms = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["interview", "reviewer"], name="one_review_a_person")]
        indexes = [models.Index(fields=["submitted_at"], name="reviews_by_submission")]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.status}"


class ReviewRating(models.Model):
    """A person's level for a competency; null is "no evidence". In a draft a note may come before its rating."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="ratings")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    subject_id = models.UUIDField()
    rated = models.BooleanField(default=True)
    level = models.PositiveSmallIntegerField(null=True)
    note = SealedTextField(label="review.note", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "competency"], name="one_own_rating_a_competency"),
            models.CheckConstraint(
                condition=models.Q(level__isnull=True) | models.Q(level__range=(1, 5)),
                name="own_level_is_1_to_5_or_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency_id} {self.level}"


class Decision(models.Model):
    """Inserted once, superseded but never edited: a named person, a reason, and what it rests on."""

    class Outcome(models.TextChoices):
        ADVANCE = "advance", _("Advance")
        HOLD = "hold", _("Hold")
        REJECT = "reject", _("Reject")

    class Reason(models.TextChoices):
        MEETS = "meets_requirements", _("Meets the requirements")
        EXCEEDS = "exceeds_requirements", _("Exceeds the requirements")
        MISSING = "missing_requirement", _("A requirement is not met")
        OTHERS = "stronger_candidates", _("Other candidates fit better")
        MORE = "needs_more_evidence", _("More evidence is needed")
        CLOSED = "position_closed", _("The position is closed")

    FITTING: ClassVar[dict[str, set[str]]] = {  # outcome -> the reasons that can be given for it
        Outcome.ADVANCE: {Reason.MEETS, Reason.EXCEEDS},
        Outcome.HOLD: {Reason.MEETS, Reason.EXCEEDS, Reason.OTHERS, Reason.MORE, Reason.CLOSED},
        Outcome.REJECT: {Reason.MISSING, Reason.OTHERS, Reason.MORE, Reason.CLOSED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="decisions")
    subject_id = models.UUIDField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason_code = models.CharField(max_length=24, choices=Reason.choices)
    reason = SealedTextField(label="decision.reason")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, null=True, related_name="+")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, null=True, related_name="+")
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-decided_at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason_code=""), name="decision_has_a_reason"),
            models.UniqueConstraint(
                fields=["application"], condition=models.Q(supersedes__isnull=True), name="one_first_decision"
            ),
        ]
        triggers = [
            refuse(
                "decision_is_never_edited",
                pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
                "A decision is superseded, never edited.",
            ),
            pgtrigger.Trigger(
                name="decision_rests_on_evidence",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = NEW.decided_by_id AND u.is_active) THEN
                        RAISE EXCEPTION 'A decision names an active person.';
                    END IF;
                    IF NOT EXISTS (SELECT 1 FROM interviews_interview i
                                    WHERE i.id = NEW.interview_id AND i.application_id = NEW.application_id) THEN
                        RAISE EXCEPTION 'A decision rests on an interview of its own application.';
                    END IF;
                    IF EXISTS (SELECT 1 FROM interviews_evaluation e WHERE e.id = NEW.evaluation_id
                                  AND e.interview_id = NEW.interview_id AND e.status = 'ready') THEN
                        RETURN NEW;
                    END IF;
                    IF EXISTS (SELECT 1 FROM interviews_review r
                                WHERE r.id = NEW.review_id AND r.interview_id = NEW.interview_id
                                  AND r.reviewer_id = NEW.decided_by_id AND r.status = 'submitted')
                       AND NOT EXISTS (SELECT 1 FROM interviews_interview i
                                         JOIN interviews_competency c ON c.version_id = i.version_id
                                        WHERE i.id = NEW.interview_id AND NOT EXISTS (
                                              SELECT 1 FROM interviews_reviewrating x
                                               WHERE x.review_id = NEW.review_id AND x.competency_id = c.id)) THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'A decision rests on a ready evaluation or on the person''s own complete review.';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.outcome}"
