"""Work that can wait, at half the price: what was handed to a provider, and what came back."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from keys.fields import SealedTextField


class Batch(models.Model):
    """Requests of one tenant and feature, submitted together; what is not back by `deadline_at` runs live."""

    class Status(models.TextChoices):
        OWED = "owed", _("Waits to be submitted")
        SUBMITTED = "submitted", _("At the provider")
        DONE = "done", _("Done")
        FAILED = "failed", _("Given back, runs live")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.SUBMITTED, Status.FAILED},
        Status.SUBMITTED: {Status.DONE, Status.FAILED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.CharField(max_length=63)
    feature = models.CharField(max_length=40)
    owner_kind = models.CharField(max_length=40)  # of the due row that waits for it
    owner_id = models.UUIDField()
    account = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=200, blank=True)
    own_key = models.BooleanField(default=False)  # of the tenant's: the provider shows the batch to nobody else
    interview_id = models.UUIDField(null=True)
    group_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)  # whom its answers are about
    prompt_version = models.CharField(max_length=40, blank=True)
    canary = models.CharField(max_length=40, blank=True)  # the word that was planted in its prompts
    sent_at = models.DateTimeField(null=True)  # from then on the provider may have it, whether it said so or not
    remote_id = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OWED)
    error = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deadline_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, editable=False)
    fence = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        db_table = "llm_batch"
        verbose_name_plural = _("batches")
        indexes = [
            models.Index(fields=["subject_id"], condition=~models.Q(status="done"), name="batch_of_a_person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "owner_kind", "owner_id"], name="one_batch_an_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} {self.feature} {self.status}"


class BatchItem(models.Model):
    """One request of a batch; its answer goes to the exact cache, under `cache_key`."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waits")
        ANSWERED = "answered", _("Answered")
        FAILED = "failed", _("Runs live")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    cache_key = models.CharField(max_length=200)
    body = SealedTextField(label="llm.batch_item", subject="", null=True)  # JSON; until the provider has it
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    error = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "llm_batch_item"

    def __str__(self) -> str:
        return f"{self.batch_id} {self.status}"
