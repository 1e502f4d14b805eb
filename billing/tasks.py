"""Each task makes one service call; core.tasks enters the tenant and counts the outcome."""

from uuid import UUID

from billing.services import charges, dunning, invoicing, notices, periods, warnings
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


@tenant_task("billing.issue_invoice", queue="default")
def issue_invoice(*, subscription_id: UUID) -> None:
    invoicing.look(subscription_id=subscription_id)


@tenant_task("billing.invoice_overdue", queue="default")
def invoice_overdue(*, invoice_id: UUID) -> None:
    dunning.invoice_overdue(invoice_id=invoice_id)


@tenant_task("billing.dun", queue="default")
def dun(*, subscription_id: UUID) -> None:
    dunning.look(subscription_id=subscription_id)


@tenant_task("billing.send_notice", queue="default")
def send_notice(*, notice_id: UUID) -> None:
    notices.send(notice_id=notice_id)
