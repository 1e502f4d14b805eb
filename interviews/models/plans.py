"""Plans that somebody works on; what is published of them is a JobVersion."""

from django.conf import settings
from django.db import models

from core.ids import uuid7
from interviews.models.jobs import Job
from keys.fields import SealedTextField


class PlanDraft(models.Model):
    """The next version of a job, or a new job where there is none yet.

    `plan` is JSON (services.plan_drafts.working); `follows` the number of the version that it was begun from, 0 where
    nothing was published; `revision` grows with every write, so that of two editors one is told.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, null=True, related_name="plan_draft")
    follows = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    plan = SealedTextField(label="plan_draft.plan", subject="")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-saved_at"]

    def __str__(self) -> str:
        return f"{self.job_id} after {self.follows}"
