"""Interviews and the links that lead to them."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from interviews.models.candidates import Application
from interviews.models.jobs import JobVersion
from keys.fields import SealedTextField


class Interview(models.Model):
    """One numbered attempt of an application; its id is public."""

    class Status(models.TextChoices):
        INVITED = "invited", _("Invited")
        OPENED = "opened", _("Opened")
        CONSENTED = "consented", _("Consented")
        IN_PROGRESS = "in_progress", _("In progress")
        PAUSED = "paused", _("Paused")
        COMPLETED = "completed", _("Completed")
        DECLINED = "declined", _("Asked for a person")
        EXPIRED = "expired", _("Expired")
        ABANDONED = "abandoned", _("Not finished")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        ERASED = "erased", _("Erased")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.INVITED: {Status.OPENED, Status.EXPIRED, Status.WITHDRAWN, Status.ERASED},
        Status.OPENED: {Status.CONSENTED, Status.DECLINED, Status.EXPIRED, Status.WITHDRAWN, Status.ERASED},
        Status.CONSENTED: {Status.IN_PROGRESS, Status.DECLINED, Status.EXPIRED, Status.WITHDRAWN, Status.ERASED},
        Status.IN_PROGRESS: {Status.PAUSED, Status.COMPLETED, Status.ABANDONED, Status.WITHDRAWN, Status.ERASED},
        Status.PAUSED: {Status.IN_PROGRESS, Status.ABANDONED, Status.WITHDRAWN, Status.ERASED},
        Status.COMPLETED: {Status.WITHDRAWN, Status.ERASED},
        Status.DECLINED: {Status.WITHDRAWN, Status.ERASED},
        Status.EXPIRED: {Status.WITHDRAWN, Status.ERASED},
        Status.ABANDONED: {Status.WITHDRAWN, Status.ERASED},
        Status.WITHDRAWN: {Status.ERASED},
    }
    BEFORE_START = (Status.INVITED, Status.OPENED, Status.CONSENTED)
    CLOSED = (Status.COMPLETED, Status.DECLINED, Status.EXPIRED, Status.ABANDONED, Status.WITHDRAWN, Status.ERASED)
    OVER = (Status.WITHDRAWN, Status.ERASED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="interviews")
    number = models.PositiveSmallIntegerField(default=1)
    version = models.ForeignKey(JobVersion, on_delete=models.PROTECT, related_name="interviews")
    subject_id = models.UUIDField(db_index=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.INVITED)
    language = models.CharField(max_length=10, default="en")
    time_factor = models.DecimalField(max_digits=4, decimal_places=2, default=Decimal(1), help_text=_("0 is untimed."))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    breaks = models.BooleanField(default=False, help_text=_("Pauses are not counted."))
    paused_at = models.DateTimeField(null=True)
    pauses = models.PositiveSmallIntegerField(default=0)
    paused_seconds = models.PositiveIntegerField(default=0, help_text=_("The ended pauses, together."))
    completed_at = models.DateTimeField(null=True)
    last_activity_at = models.DateTimeField(auto_now_add=True)
    greeting = SealedTextField(label="interview.greeting", null=True)
    closing_draft = SealedTextField(label="interview.closing_draft", null=True)
    closing_version = models.PositiveIntegerField(default=0)
    receipt_hash = models.CharField(max_length=64, blank=True)
    stars = models.PositiveSmallIntegerField(null=True, help_text=_("How the candidate rates the interview, 1 to 5."))
    rated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="interview_attempts_are_numbered"),
            models.CheckConstraint(
                condition=~models.Q(status__in=["in_progress", "paused", "completed"])
                | models.Q(started_at__isnull=False),
                name="running_interview_was_started",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="paused") | models.Q(paused_at__isnull=False),
                name="paused_interview_has_its_hour",
            ),
            models.CheckConstraint(
                condition=models.Q(stars__isnull=True) | models.Q(stars__range=(1, 5)), name="stars_are_1_to_5"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-last_activity_at"], name="interviews_by_status"),
            models.Index(fields=["rated_at"], name="interviews_by_their_rating"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class InterviewAssignment(models.Model):
    """A reviewer rates an interview: it exists for this person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="interview_assignments")
    assigned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "interview"], name="assigned_to_an_interview_once")]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.user_id}"


class Invitation(models.Model):
    """A link's secret, of which only the hash is stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
