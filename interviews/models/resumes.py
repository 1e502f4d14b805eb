"""Resumes: what a file says, kept without the file, and what was made of its visible text for one version of a job."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.claims import Claimable
from core.ids import uuid7
from core.triggers import refuse
from interviews.models.candidates import Application, Candidate
from interviews.models.interviews import Interview
from interviews.models.jobs import JobVersion
from keys.fields import SealedTextField


class Resume(models.Model):
    """One upload, as it was read. A later one takes its place on the page; nothing of this one changes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="resumes")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="resumes")
    subject_id = models.UUIDField(db_index=True)
    file_index = models.CharField(max_length=64, help_text=_("Keyed hash of the file (keys.index)."))
    text_index = models.CharField(max_length=64, help_text=_("Keyed hash of the visible text (keys.index)."))
    file_name = SealedTextField(label="resume.file_name")
    kind = models.CharField(max_length=4)
    size = models.PositiveIntegerField(help_text=_("Bytes of the file."))
    pages = models.PositiveSmallIntegerField()
    text = SealedTextField(label="resume.text")
    paragraphs = models.JSONField(help_text=_("[page, start, end] of each paragraph of the text."))
    hidden = SealedTextField(label="resume.hidden", help_text=_("JSON: [page, reason, text] of each piece."))
    more_hidden = models.PositiveIntegerField(default=0, help_text=_("Pieces beyond those listed."))
    unreadable = models.PositiveIntegerField(default=0, help_text=_("Letters whose font does not say what they are."))
    ignored = models.JSONField(default=list, help_text=_("What the file carried beside its text, not opened."))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [models.Index(fields=["application", "-uploaded_at"], name="resumes_by_application")]
        triggers = [
            refuse(
                "resume_is_never_edited",
                pgtrigger.Update | pgtrigger.Truncate,
                "A resume is superseded by another upload, never edited.",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ResumeSummary(Claimable):
    """Places of a resume's visible text: its roles, education, skills, and what speaks to each requirement of a job.

    It decides nothing: no number, no order of people, and nothing else reads it.
    """

    class Status(models.TextChoices):
        OWED = "owed", _("Waiting")
        RUNNING = "running", _("Running")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.RUNNING, Status.FAILED},
        Status.RUNNING: {Status.READY, Status.FAILED, Status.OWED},
        Status.FAILED: {Status.OWED},
        Status.READY: {Status.OWED},  # made without a model that failed: asked for again
    }
    WAITING, WORKING = Status.OWED, Status.RUNNING

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resume = models.ForeignKey(Resume, on_delete=models.PROTECT, related_name="summaries")
    version = models.ForeignKey(JobVersion, on_delete=models.PROTECT, related_name="+")
    interview = models.ForeignKey(Interview, on_delete=models.PROTECT, related_name="+")
    subject_id = models.UUIDField()
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OWED)
    mode = models.CharField(max_length=8, blank=True)
    recipe = models.CharField(max_length=80, blank=True, help_text=_("What made it: prompt, word list, code."))
    model = models.CharField(max_length=120, blank=True)
    findings = SealedTextField(label="resume_summary.findings", null=True, help_text=_("JSON: places of the text."))
    error = models.CharField(max_length=60, blank=True, help_text=_("Why it failed, or why no model made it."))
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["resume", "version"], name="one_summary_of_a_resume_a_job_version"),
            models.CheckConstraint(
                condition=~models.Q(status="ready") | models.Q(findings__isnull=False),
                name="ready_summary_has_findings",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resume_id} {self.status}"
