import pgtrigger
from django.db import models
from django.db.models.functions import Now

from core.ids import uuid7
from core.triggers import refuse


class AuditEvent(models.Model):
    """Who did what to which row. Inserted, never changed: the database refuses everybody else's wish."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=60)
    actor_type = models.CharField(max_length=12)
    actor_id = models.UUIDField(null=True)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    subject_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_event"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
            models.Index(fields=["subject_id"], name="audit_by_subject"),
            models.Index(fields=["actor_id", "id"], name="audit_by_person", condition=models.Q(actor_type="user")),
        ]
        triggers = [
            refuse(
                "audit_is_append_only",
                pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
                "The audit trail is append-only.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.at} {self.action}"
