from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from tenants.models.secrets import HeldSecret
from tenants.models.tenants import Tenant


class ScimConnection(HeldSecret):
    """The token by which a tenant's directory writes people and groups, and the roles its groups give (public)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="scim")
    group_roles = models.JSONField(default=dict, help_text=_("Group -> role; groups that are not listed give nothing."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(HeldSecret.Meta):
        abstract = False

    def __str__(self) -> str:
        return str(self.tenant_id)
