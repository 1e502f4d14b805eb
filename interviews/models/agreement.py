"""Where people and the AI differ and why, and the levels that people agreed on."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.triggers import refuse
from interviews.models.evaluations import CompetencyRating
from interviews.models.interviews import Interview
from interviews.models.jobs import Competency
from interviews.models.reviews import Review
from keys.fields import SealedTextField

NEVER_EDITED = pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate
MESSAGE = "What was agreed on is superseded, never edited."


class Disagreement(models.Model):
    """Why a person's submitted level is another than the AI's; it may change until somebody decides."""

    class Code(models.TextChoices):
        MISSED = "missed", _("The AI missed something that was said")
        MISREAD = "misread", _("A quote does not show what the AI says")
        ELSEWHERE = "elsewhere", _("An answer to another question shows it")
        CONTEXT = "context", _("The trade or the context makes it mean something else")
        SCALE = "scale", _("The description of another level fits better")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="disagreements")
    rating = models.ForeignKey(CompetencyRating, on_delete=models.PROTECT, related_name="disagreements")
    subject_id = models.UUIDField()
    code = models.CharField(max_length=10, choices=Code.choices)
    words = SealedTextField(label="disagreement.words", null=True)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "rating"], name="one_reason_a_difference"),
            models.CheckConstraint(condition=~models.Q(code=""), name="disagreement_has_a_code"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="disagreement_stands_once_decided",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (SELECT 1 FROM interviews_review r
                                 JOIN interviews_interview i ON i.id = r.interview_id
                                 JOIN interviews_decision d ON d.application_id = i.application_id
                                WHERE r.id IN (OLD.review_id, NEW.review_id)) THEN
                        RAISE EXCEPTION 'A reason for disagreeing stands once somebody has decided.';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    IF NOT EXISTS (SELECT 1 FROM interviews_review r
                                     JOIN interviews_evaluation e ON e.interview_id = r.interview_id
                                     JOIN interviews_competencyrating x ON x.evaluation_id = e.id
                                    WHERE r.id = NEW.review_id AND r.status = 'submitted' AND x.id = NEW.rating_id) THEN
                        RAISE EXCEPTION 'Only who has rated the interview disagrees with a rating of it.';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.review_id} {self.code}"


class Consensus(models.Model):
    """The levels that people agreed on: recorded once by a named person who rated too, superseded but never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="consensuses")
    subject_id = models.UUIDField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    agreed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["interview"], condition=models.Q(supersedes__isnull=True), name="one_first_consensus"
            )
        ]
        triggers = [
            refuse("consensus_is_never_edited", NEVER_EDITED, MESSAGE),
            pgtrigger.Trigger(
                name="consensus_is_of_several_raters",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM accounts_user u WHERE u.id = NEW.agreed_by_id AND u.is_active) THEN
                        RAISE EXCEPTION 'A consensus names an active person.';
                    END IF;
                    IF NOT EXISTS (SELECT 1 FROM interviews_review r
                                    WHERE r.interview_id = NEW.interview_id AND r.status = 'submitted'
                                      AND r.reviewer_id = NEW.agreed_by_id)
                       OR (SELECT count(*) FROM interviews_review r
                            WHERE r.interview_id = NEW.interview_id AND r.status = 'submitted') < 2 THEN
                        RAISE EXCEPTION 'A consensus is of two people or more who have rated, its writer among them.';
                    END IF;
                    IF EXISTS (SELECT 1 FROM interviews_consensus c
                                WHERE c.id = NEW.supersedes_id AND c.interview_id <> NEW.interview_id) THEN
                        RAISE EXCEPTION 'A consensus supersedes one on its own interview.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.agreed_at:%Y-%m-%d}"


class ConsensusReview(models.Model):
    """A submitted review that a consensus rests on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consensus = models.ForeignKey(Consensus, on_delete=models.PROTECT, related_name="rests_on")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consensus", "review"], name="a_consensus_names_a_review_once")]
        triggers = [
            refuse("consensus_keeps_its_reviews", NEVER_EDITED, MESSAGE),
            pgtrigger.Trigger(
                name="consensus_rests_on_submitted_reviews",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM interviews_consensus c
                                     JOIN interviews_review r ON r.interview_id = c.interview_id
                                    WHERE c.id = NEW.consensus_id AND r.id = NEW.review_id
                                      AND r.status = 'submitted') THEN
                        RAISE EXCEPTION 'A consensus rests on submitted reviews of its own interview.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.consensus_id} {self.review_id}"


class ConsensusRating(models.Model):
    """The agreed level for a competency; null is "no evidence"."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consensus = models.ForeignKey(Consensus, on_delete=models.PROTECT, related_name="ratings")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    subject_id = models.UUIDField()
    level = models.PositiveSmallIntegerField(null=True)
    note = SealedTextField(label="consensus.note", null=True)

    class Meta:
        ordering = ["competency__position"]
        constraints = [
            models.UniqueConstraint(fields=["consensus", "competency"], name="one_agreed_level_a_competency"),
            models.CheckConstraint(
                condition=models.Q(level__isnull=True) | models.Q(level__range=(1, 5)),
                name="agreed_level_is_1_to_5_or_none",
            ),
        ]
        triggers = [
            refuse("agreed_level_is_never_edited", NEVER_EDITED, MESSAGE),
            pgtrigger.Trigger(
                name="agreed_level_is_of_the_interviews_plan",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM interviews_consensus c
                                     JOIN interviews_interview i ON i.id = c.interview_id
                                     JOIN interviews_competency k ON k.version_id = i.version_id
                                    WHERE c.id = NEW.consensus_id AND k.id = NEW.competency_id) THEN
                        RAISE EXCEPTION 'An agreed level is for a competency of the interview''s own plan.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency_id} {self.level}"
