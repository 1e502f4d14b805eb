"""People who are interviewed. Names and addresses are encrypted; lists sort by plain columns."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from interviews.models.jobs import Job
from keys.fields import SealedTextField


class Candidate(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = SealedTextField(label="candidate.name", subject="id")
    email = SealedTextField(label="candidate.email", subject="id")
    email_index = models.CharField(max_length=64, unique=True, help_text=_("Keyed hash of the address (keys.index)."))
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def subject_id(self) -> UUID:
        return self.pk


class Application(models.Model):
    """A candidate for a job. Its stage moves only by a named person."""

    class Stage(models.TextChoices):
        INVITED = "invited", _("Not reviewed")
        REVIEW = "review", _("In review")
        ADVANCED = "advanced", _("Advanced")
        ON_HOLD = "on_hold", _("On hold")
        REJECTED = "rejected", _("Rejected")

    DECIDED: ClassVar[set[str]] = {Stage.ADVANCED, Stage.ON_HOLD, Stage.REJECTED}
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Stage.INVITED: {Stage.REVIEW, *DECIDED},
        Stage.REVIEW: DECIDED,
        Stage.ADVANCED: {Stage.ON_HOLD, Stage.REJECTED},
        Stage.ON_HOLD: {Stage.ADVANCED, Stage.REJECTED},
        Stage.REJECTED: {Stage.ADVANCED, Stage.ON_HOLD},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="applications")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="applications")
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.INVITED)
    stage_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    stage_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "job"], name="one_application_a_job"),
            models.CheckConstraint(
                condition=models.Q(stage="invited") | models.Q(stage_by__isnull=False),
                name="stage_moves_by_a_named_person",
            ),
        ]
        indexes = [models.Index(fields=["job", "-created_at"], name="applications_by_job")]

    def __str__(self) -> str:
        return str(self.pk)


class CandidateRequest(models.Model):
    """A candidate asked for something that a person takes care of. Never shown in lists of candidates."""

    class Kind(models.TextChoices):
        HUMAN = "human", _("A person instead")
        ADJUSTMENT = "adjustment", _("An adjustment")
        TALK = "talk", _("To talk to a person")
        CONTEST = "contest", _("Contests a question")
        REVIEW = "review", _("A review by a person")
        ERASURE = "erasure", _("To erase their data")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey("Interview", on_delete=models.PROTECT, related_name="requests")
    subject_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    detail = SealedTextField(label="request.detail", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["handled_at", "created_at"], name="requests_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.interview_id}"
