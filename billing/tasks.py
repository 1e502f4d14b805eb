"""Each task makes one service call; core.tasks enters the tenant and counts the outcome."""

from uuid import UUID

from celery import shared_task

from billing.services import charges, periods, reconciling, warnings
from core import pool, tenancy
from core.tasks import tenant_task


@tenant_task("billing.renew", queue="default")
def renew(*, subscription_id: UUID) -> None:
    periods.renew(subscription_id=subscription_id)


@tenant_task("billing.close_period", queue="default")
def close_period(*, period_id: UUID) -> None:
    charges.close(period_id=period_id)


@tenant_task("billing.warn_of_quota", queue="default")
def warn_of_quota(*, period_id: UUID) -> None:
    warnings.warn(period_id=period_id)


@tenant_task("billing.reconcile", queue="batch")
def reconcile(*, tenant_id: UUID) -> None:
    reconciling.reconcile(tenant_id=tenant_id)


@shared_task(name="billing.owe_reconciliations", queue="default")  # type: ignore[untyped-decorator]
def owe_reconciliations() -> None:
    """Have every tenant compared once a day."""
    try:
        with tenancy.enter_platform():
            reconciling.owe_all()
    finally:
        pool.give_back()
