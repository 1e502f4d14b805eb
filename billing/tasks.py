"""Each task makes one service call; core.tasks enters the tenant and counts the outcome."""

from uuid import UUID

from celery import shared_task

from billing.services import charges, dunning, invoicing, mail, periods, reconciling, trials, warnings
from billing.services.stripe import catching_up, inbox, overage
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


@tenant_task("billing.send_mail", queue="default")
def send_mail(*, mail_id: UUID) -> None:
    mail.send(mail_id=mail_id)


@tenant_task("billing.tell_of_trial", queue="default")
def tell_of_trial(*, subscription_id: UUID) -> None:
    trials.look(subscription_id=subscription_id)


@tenant_task("billing.follow_stripe_event", queue="default")
def follow_stripe_event(*, event_id: UUID) -> None:
    inbox.process(event_id=event_id)


@tenant_task("billing.check_stripe", queue="default")
def check_stripe(*, subscription_id: UUID) -> None:
    catching_up.check(subscription_id=subscription_id)


@tenant_task("billing.charge_overage_by_stripe", queue="default")
def charge_overage_by_stripe(*, period_id: UUID) -> None:
    overage.bill(period_id=period_id)


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
    """The name that the release before sends and owes: to go with the next one."""
    mail.adopt(mail_id=notice_id)
    mail.send(mail_id=notice_id)


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
