"""What the model layer may do for the tenant that was entered."""

from core import tenancy
from llm.policy import TenantPolicy


def of_tenant() -> TenantPolicy:
    """The policy of the current tenant: where its data must stay. No plan includes keys of the tenant's own yet."""
    tenant = tenancy.current()
    return TenantPolicy(schema=str(tenant.schema_name), region=tenant.region)
