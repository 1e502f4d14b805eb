"""What a tenant may begin on credit: an invoice is paid up to thirty days after its month began to be used.

Nobody gets more on credit without having been asked than `UNASKED_USD` a month, or than it once paid at a time: by
itself a new tenant begins Starter or Professional by invoice, and pays Enterprise by card or has the platform's staff
begin it (docs: Enterprise by bank). So a sign-up that never pays costs a month of Professional at most, and no month of
ten thousand interviews begins before somebody looked at who wants it. A contract was agreed with its tenant: it asks
nobody. While a payment is overdue nothing larger begins at all.
"""

from decimal import Decimal

from django.db.models import Max
from django.utils.translation import gettext as _

from billing.models import Invoice, Plan, Subscription
from billing.services import dunning
from billing.services.subscriptions import NotNow

UNASKED_USD = Decimal(500)


class Overdue(NotNow):
    """Nothing larger begins on credit before what is overdue is paid."""


class AskUs(NotNow):
    """The platform's staff begins this plan by invoice; by card it begins at once."""


def require(held: Subscription, plan: Plan) -> None:
    """:raises Overdue: while a payment is. :raises AskUs: for more than this tenant gets on credit."""
    if is_overdue(held):
        raise Overdue(_("A payment is overdue. A larger plan can be chosen once it has been paid."))
    if is_asked_for(held, plan):
        raise AskUs(_("To pay for %(plan)s by invoice, please contact us first.") % {"plan": plan.name})


def is_overdue(held: Subscription) -> bool:
    """Whether something is, also where the staff let everything go on unpaid."""
    return held.status == Subscription.Status.PAST_DUE or dunning.overdue(held).exists()


def is_asked_for(held: Subscription, plan: Plan) -> bool:
    """Whether this plan by invoice is more than the tenant gets on credit."""
    if plan.tenant_id == held.tenant_id or plan.price_usd <= UNASKED_USD:
        return False
    # What a credit note settled was never paid; one that became void settled nothing.
    corrected = Invoice.objects.filter(subscription=held, corrects__isnull=False).exclude(status=Invoice.Status.VOID)
    paid = Invoice.objects.filter(subscription=held, kind=Invoice.Kind.INVOICE, status=Invoice.Status.PAID).exclude(
        pk__in=corrected.values("corrects")
    )
    return plan.price_usd > (paid.aggregate(most=Max("subtotal_usd"))["most"] or 0)
