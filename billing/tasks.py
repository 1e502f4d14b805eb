"""Each task makes one service call; core.tasks enters the tenant and counts the outcome."""

from uuid import UUID

from billing.services import charges, mail, periods, warnings
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


@tenant_task("billing.send_mail", queue="default")
def send_mail(*, mail_id: UUID) -> None:
    mail.send(mail_id=mail_id)
