"""What the model layer may do for the tenant that was entered."""

from uuid import UUID

from billing import selectors as billing
from core import tenancy
from llm.policy import TenantPolicy


def of_tenant() -> TenantPolicy:
    """The policy of the current tenant: where its data must stay, and whether its plan includes keys of its own."""
    return of_job(None)


def of_job(job_id: UUID | None) -> TenantPolicy:
    """The same, for calls that are counted under this job: the job's own budget holds for them too."""
    tenant = tenancy.current()
    return TenantPolicy(
        schema=str(tenant.schema_name), region=tenant.region, own_keys=billing.own_keys(), group_id=job_id
    )
