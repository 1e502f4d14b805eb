"""Wrapped keys, in a database of their own: destroying a row here makes content unreadable everywhere."""

from django.db import models

from core.ids import uuid7


class TenantKey(models.Model):
    """A tenant's key, wrapped by the key-encryption key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField()
    version = models.PositiveSmallIntegerField(default=1)
    kek_id = models.CharField(max_length=64)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "version"], name="one_tenant_key_a_version")]

    def __str__(self) -> str:
        return f"tenant {self.tenant_id} v{self.version}"


class SubjectKey(models.Model):
    """A candidate's key, wrapped by the tenant's key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant_id = models.UUIDField()
    subject_id = models.UUIDField()
    version = models.PositiveSmallIntegerField(default=1)
    tenant_key_version = models.PositiveSmallIntegerField(default=1)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "subject_id", "version"], name="one_subject_key_a_version")
        ]

    def __str__(self) -> str:
        return f"subject {self.subject_id} v{self.version}"
