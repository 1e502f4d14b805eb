from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.programs import Scope
from core.ids import uuid7
from tenants.models.secrets import HeldSecret
from tenants.models.tenants import Tenant


class ApiKey(HeldSecret):
    """A program's key to one tenant (public schema). `made_by` is a person of the tenant's schema."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope.choices))
    made_by = models.UUIDField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(HeldSecret.Meta):
        abstract = False
        ordering = ["-created_at", "-id"]
        constraints = [
            *HeldSecret.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="an_api_key_expires_after_it_was_made"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "made_by"], name="api_keys_by_maker")]

    def __str__(self) -> str:
        return self.name
