from uuid import UUID

from celery import shared_task

from core import pool, tenancy
from tenants.services import provisioning


@shared_task(name="tenants.provision", queue="default")  # type: ignore[untyped-decorator]
def provision(*, tenant_id: str) -> None:
    try:
        with tenancy.enter_platform():
            provisioning.provision(tenant_id=UUID(tenant_id))
    except provisioning.ProvisioningFailed:
        pass  # the step's row says why, and the admin offers to resume
    finally:
        pool.give_back()
