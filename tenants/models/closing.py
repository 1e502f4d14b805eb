"""The end of a tenant: the wish, what is taken along, and what stays as proof (public schema)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from tenants.models.tenants import Tenant


class Closing(models.Model):
    """Somebody's wish to close a tenant. Until `ends_at` it can be taken back."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Can be taken back")
        CANCELLED = "cancelled", _("Taken back")
        REMOVING = "removing", _("The data is being removed")
        DONE = "done", _("Closed")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.WAITING: {Status.CANCELLED, Status.REMOVING},
        Status.REMOVING: {Status.DONE},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="closings")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    before = models.CharField(max_length=20, help_text=_("The tenant's status; taking it back restores it."))
    asked_by_type = models.CharField(max_length=12)
    asked_by_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    removing_since = models.DateTimeField(null=True)
    found = models.JSONField(default=dict, help_text=_("What there was to remove: table -> rows."))

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(status__in=["waiting", "removing"]),
                name="one_closing_at_a_time_a_tenant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.status}"


class ClosingCertificate(models.Model):
    """What stays of a closed tenant: that it was, who wanted its end, and that its keys are destroyed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.OneToOneField(Tenant, on_delete=models.PROTECT, related_name="certificate")
    name_hash = models.CharField(max_length=64, help_text=_("SHA-256 of the company's name."))
    asked_by_type = models.CharField(max_length=12)
    asked_by_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    keys_destroyed_at = models.DateTimeField()
    closed_at = models.DateTimeField()
    removed = models.JSONField(default=dict, help_text=_("Table -> rows that were removed."))

    class Meta:
        ordering = ["-closed_at"]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.closed_at:%Y-%m-%d}"


class TenantExport(models.Model):
    """One archive of all that a tenant holds, made for one session of one owner."""

    class Status(models.TextChoices):
        OWED = "owed", _("Being made")
        READY = "ready", _("Ready")
        TAKEN = "taken", _("Downloaded")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.READY, Status.FAILED, Status.EXPIRED},
        Status.READY: {Status.TAKEN, Status.EXPIRED},
        Status.FAILED: {Status.EXPIRED},
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="exports")
    user_id = models.UUIDField()
    session_hash = models.CharField(max_length=64, help_text=_("The one session that may download it."))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OWED)
    size_bytes = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.status}"
