from django.db import models

from core.ids import uuid7


class Due(models.Model):
    """Work that falls due (public schema): see core.due."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.CharField(max_length=63)
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "due"
        verbose_name_plural = "due"
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "object_id"], name="due_once")]
        indexes = [
            models.Index(fields=["due_at"], name="due_by_time", condition=models.Q(failed_at=None)),
            models.Index(fields=["failed_at"], name="due_failed", condition=models.Q(failed_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} {self.kind} {self.object_id}"
