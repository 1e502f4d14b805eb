"""What the model layer may do for the tenant that was entered."""

from billing import selectors as billing
from core import tenancy
from llm.policy import TenantPolicy


def of_tenant() -> TenantPolicy:
    """The policy of the current tenant: where its data must stay, and whether its plan includes keys of its own."""
    tenant = tenancy.current()
    return TenantPolicy(schema=str(tenant.schema_name), region=tenant.region, own_keys=billing.own_keys())
