from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from tenants.models.tenants import Tenant


class CustomDomain(models.Model):
    """A host of a tenant's own that it claims (public schema); a verified one has a row in `Domain` too."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="custom_domains")
    host = models.CharField(max_length=253)
    token = models.CharField(max_length=64, help_text=_("What the TXT record must hold."))
    verified_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True, help_text=_("Since when a look found no TXT record any more."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["host"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "host"], name="one_claim_of_a_host_a_tenant"),
            models.UniqueConstraint(
                fields=["host"],
                condition=models.Q(verified_at__isnull=False),
                name="a_host_is_verified_by_one_tenant",
            ),
        ]

    def __str__(self) -> str:
        return self.host
