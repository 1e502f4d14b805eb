"""What the nightly comparison found."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


class Reconciliation(models.Model):
    """The last comparison of a tenant's usage, interviews, ledger and invoices; without a tenant, the platform's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.OneToOneField(
        "tenants.Tenant", on_delete=models.CASCADE, null=True, editable=False, related_name="reconciliation"
    )
    looked_at = models.DateTimeField()
    count = models.PositiveIntegerField(_("differences"), default=0)
    differences = models.JSONField(default=list, help_text=_("The first of them."))

    class Meta:
        ordering = ["-count", "looked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=Q(tenant=None), nulls_distinct=False, name="one_comparison_of_the_platform"
            )
        ]

    def __str__(self) -> str:
        return str(self.tenant or _("The platform"))
