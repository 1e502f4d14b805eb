"""What a candidate says about an interview that is over, and the letter that they get about it."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from core.triggers import refuse
from interviews.models.candidates import CandidateRequest
from interviews.models.evaluations import Evaluation
from interviews.models.interviews import Interview
from interviews.models.turns import Turn
from keys.fields import SealedTextField


class QuestionThumb(models.Model):
    """How a candidate found a question. Shown to people in sums alone, never beside a candidate."""

    class Thumb(models.TextChoices):
        UP = "up", _("Good")
        DOWN = "down", _("Not good")

    turn = models.OneToOneField(Turn, on_delete=models.PROTECT, primary_key=True, related_name="thumb")
    subject_id = models.UUIDField()
    thumb = models.CharField(max_length=4, choices=Thumb.choices)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(thumb__in=["up", "down"]), name="thumb_is_up_or_down"),
        ]

    def __str__(self) -> str:
        return f"{self.turn_id} {self.thumb}"


class Contest(models.Model):
    """A candidate says why an answer should not count; a named person upholds that or declines it, once.

    Where it is upheld, the answer stays where it is, and every later evaluation leaves it out.
    """

    class Reason(models.TextChoices):
        UNCLEAR = "unclear", _("The question was unclear")
        TECHNICAL = "technical", _("Something technical went wrong")
        PERSONAL = "personal", _("It was about something personal")
        TRANSCRIPT = "transcript", _("What is written is not what I said")
        OTHER = "other", _("Something else")

    class Status(models.TextChoices):
        OPEN = "open", _("A person looks at it")
        UPHELD = "upheld", _("Upheld")
        DECLINED = "declined", _("Declined")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {Status.OPEN: {Status.UPHELD, Status.DECLINED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="contest")
    request = models.OneToOneField(CandidateRequest, on_delete=models.PROTECT, related_name="contest")
    subject_id = models.UUIDField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    words = SealedTextField(label="contest.words")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    made_at = models.DateTimeField(auto_now_add=True)
    ruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ruled_at = models.DateTimeField(null=True)
    ruling = SealedTextField(label="contest.ruling", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="open")
                | models.Q(ruled_by__isnull=False, ruled_at__isnull=False, ruling__isnull=False),
                name="ruling_names_a_person_and_a_reason",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="contest_is_ruled_on_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.status <> 'open'"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.turn_id} {self.status}"


class FeedbackLetter(models.Model):
    """What a named person let a candidate read about their answers. Superseded, never edited."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="letters")
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="+")
    subject_id = models.UUIDField()
    text = SealedTextField(label="letter.text")
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(auto_now_add=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")

    class Meta:
        ordering = ["-released_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["interview"], condition=models.Q(supersedes__isnull=True), name="one_first_letter"
            )
        ]
        triggers = [
            refuse(
                "letter_is_never_edited",
                pgtrigger.Update | pgtrigger.Truncate,
                "A feedback letter is superseded, never edited.",
            ),
            pgtrigger.Trigger(
                name="letter_rests_on_a_ready_evaluation",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM interviews_evaluation e WHERE e.id = NEW.evaluation_id
                                      AND e.interview_id = NEW.interview_id AND e.status = 'ready')
                       OR NOT EXISTS (SELECT 1 FROM interviews_review r
                                       WHERE r.interview_id = NEW.interview_id AND r.status = 'submitted') THEN
                        RAISE EXCEPTION 'A feedback letter rests on a ready evaluation and a submitted review.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.released_at}"
