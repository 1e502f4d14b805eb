"""Turns: a question that was shown, the answer to it, and the reply to that."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.claims import Claimable
from core.ids import uuid7
from interviews.models.interviews import Interview
from interviews.models.jobs import Question
from keys.fields import SealedTextField

LONGEST_ANSWER = 8000  # characters


class Turn(Claimable):
    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        OWED = "owed", _("Waiting for the interviewer")
        ASKING = "asking", _("The interviewer is replying")
        REPLIED = "replied", _("Replied")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")

    class Kind(models.TextChoices):
        CORE = "core", _("Question")
        PROBE = "probe", _("Follow-up")
        CLOSING = "closing", _("Last words")

    class Stage(models.TextChoices):
        RECEIVED = "received", _("Your answer is saved")
        RETRIEVING = "retrieving_context", _("Reading your answer")
        GENERATING = "generating_response", _("Writing the reply")
        SAVING = "saving_results", _("Saving the reply")
        COMPLETED = "completed", _("Done")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OPEN: {Status.OWED, Status.SKIPPED},
        Status.OWED: {Status.ASKING},
        Status.ASKING: {Status.REPLIED, Status.OWED, Status.FAILED},
        Status.FAILED: {Status.OWED},
    }
    WAITING, WORKING = Status.OWED, Status.ASKING

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="turns")
    subject_id = models.UUIDField()
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.CORE)
    probe_kind = models.CharField(max_length=9, blank=True, help_text=_("What a follow-up asks for."))
    question = models.ForeignKey(Question, on_delete=models.PROTECT, null=True, related_name="turns")
    shown = SealedTextField(label="turn.shown", help_text=_("The question's text."))
    answer = SealedTextField(label="turn.answer", null=True)
    draft = SealedTextField(label="turn.draft", null=True)
    draft_version = models.PositiveIntegerField(default=0, help_text=_("Counts the saves."))
    reply = SealedTextField(label="turn.reply", null=True, help_text=_("The transition before the next question."))
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    stage = models.CharField(max_length=24, choices=Stage.choices, blank=True)
    idempotency_key = models.UUIDField(null=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    draft_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    skipped_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    mode = models.CharField(max_length=8, blank=True, help_text=_("model, template or basic"))
    model = models.CharField(max_length=120, blank=True)
    prompt_version = models.CharField(max_length=40, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    model_ms = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["interview", "number"], name="turns_are_numbered_once"),
            models.UniqueConstraint(fields=["interview", "idempotency_key"], name="one_answer_a_key"),
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "skipped"])
                | models.Q(answer__isnull=False, answered_at__isnull=False),
                name="answered_turn_has_its_answer",
            ),
        ]
        indexes = [models.Index(fields=["answered_at"], condition=models.Q(status="owed"), name="turns_owed")]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.number}"


class QuestionFlag(models.Model):
    """A candidate says that a question does not fit. Staff see it beside the question; no score knows of it."""

    class Reason(models.TextChoices):
        UNCLEAR = "unclear", _("It is unclear")
        OFF_TOPIC = "off_topic", _("It is not about the job")
        PERSONAL = "personal", _("It is too personal")
        TECHNICAL = "technical", _("Something technical went wrong")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="flag")
    subject_id = models.UUIDField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    words = SealedTextField(label="flag.words", null=True)
    flagged_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.turn_id} {self.reason}"
