"""What follows from a payment that failed or is late: mail, a grace with reminders, read-only, and back.

Nothing here asks how a tenant pays: an own invoice past its day and a card that Stripe could not charge come the same
way. The caller's transaction holds the subscription's row.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from billing.models import BillingNotice, Invoice, Subscription
from billing.services import mail, periods, standing, waiting
from billing.services.subscriptions import locked
from core import clock, due, tenancy
from tenants.models import Tenant

KIND, OVERDUE = "dunning", "invoice_overdue"
REMINDED = ((timedelta(days=13), mail.Kind.LAST_REMINDER), (timedelta(days=7), mail.Kind.REMINDER))
UNPAID = (Invoice.Status.OPEN, Invoice.Status.UNCOLLECTIBLE)
Status = Subscription.Status


@transaction.atomic
def payment_failed(held: Subscription, *, why: str) -> None:
    """A payment failed: the grace begins, unless it runs already; who pays is told. Otherwise nothing.

    :param why: a word for the trail: card, invoice or details, of which `billing.services.invoicing` tells by itself.
    """
    with tenancy.enter(held.tenant.schema_name):
        began = _fall_due(held, why=why)
    if began and why != "details":
        mail.tell(held, mail.Kind.PAYMENT_FAILED, key=f"payment_failed:{_since(held)}")


@transaction.atomic
def paid(held: Subscription, *, by_card: bool = False) -> None:
    """A payment came, or is no longer owed: where nothing is overdue any more, everything goes on.

    A tenant that reads only for another reason (its trial is over, it cancelled, the staff stopped it) stays as it is.

    :param by_card: Stripe says so; otherwise a card that failed is not paid by an invoice of ours.
    """
    if held.past_due_since is None or held.stopped_by_staff_at is not None:
        return
    if held.tenant.status == Tenant.Status.CLOSED:  # nothing goes on, whatever is paid
        return
    if overdue(held).exists() or waiting.too_long(held):
        return
    if not by_card and _unpaid_by_card(held):
        return
    with tenancy.enter(held.tenant.schema_name):  # its trail says what happens here
        due.settle(KIND, held.pk)
        if held.status == Status.CANCELLED:
            Subscription.objects.filter(pk=held.pk).update(past_due_since=None, grace_ends_at=None)
            return
        since = _since(held)
        standing.recover(held, why="paid")
        periods.renew(subscription_id=held.pk)
    held.refresh_from_db()
    if held.status == Status.ACTIVE:
        mail.tell(held, mail.Kind.RECOVERED, key=f"recovered:{since}")


@transaction.atomic
def invoice_overdue(*, invoice_id: UUID) -> None:
    """An invoice reached its day. Unpaid, it is told, whatever the subscription is by now, and the grace begins."""
    found = Invoice.objects.get(pk=invoice_id)
    held = locked(found.subscription_id)
    invoice = overdue(held).filter(pk=invoice_id).first()
    if invoice is not None:
        mail.tell(held, mail.Kind.OVERDUE, key=f"overdue:{invoice.pk}", invoice_id=invoice.pk)
        _fall_due(held, why="invoice")
    elif found.status in UNPAID and found.due_at is not None:
        due.owe(OVERDUE, invoice_id, after=found.due_at - clock.now())  # not yet
        return
    due.settle(OVERDUE, invoice_id)


@transaction.atomic
def look(*, subscription_id: UUID) -> None:
    """The next step of the grace: of the reminders that are due the last, or its end."""
    held = locked(subscription_id)
    if held.status != Status.PAST_DUE or held.past_due_since is None or held.grace_ends_at is None:
        _settle(held)
        return
    now = clock.now()
    if held.grace_ends_at <= now:
        standing.stop(held, why="payment")
        mail.tell(held, mail.Kind.READ_ONLY, key=f"read_only:{_since(held)}")
        _settle(held)
        return
    for after, kind in REMINDED:
        if held.past_due_since + after <= now:
            mail.tell(held, kind, key=f"{kind}:{_since(held)}")
            break
    _owe_next(held)


def ask_again(held: Subscription) -> None:
    """The staff let everything go on unpaid: what is overdue has as long a grace again, then it is looked at anew."""
    for invoice in overdue(held):
        due.owe(OVERDUE, invoice.pk, after=standing.GRACE)


def overdue(held: Subscription) -> QuerySet[Invoice]:
    """The invoices past their day that nobody paid."""
    return unpaid(held).filter(due_at__lte=clock.now())


def unpaid(held: Subscription) -> QuerySet[Invoice]:
    """The invoices that nobody paid so far."""
    return Invoice.objects.filter(subscription=held, kind=Invoice.Kind.INVOICE, status__in=UNPAID)


def _unpaid_by_card(held: Subscription) -> bool:
    by_card = held.collection == Subscription.Collection.STRIPE
    return by_card and unpaid(held).filter(source=Invoice.Source.STRIPE).exists()


def _fall_due(held: Subscription, *, why: str) -> bool:
    """Whether this began the grace."""
    if held.status == Status.CANCELLED and held.past_due_since is None:  # nothing begins anew before it is paid
        Subscription.objects.filter(pk=held.pk).update(past_due_since=clock.now())
    if held.status != Status.ACTIVE:
        return False
    standing.fall_due(held, why=why)
    _owe_next(held)
    return True


def _owe_next(held: Subscription) -> None:
    """The next step's time: of the reminders and the end of the grace the first that is still to come."""
    assert held.past_due_since is not None and held.grace_ends_at is not None
    now = clock.now()
    steps = [held.past_due_since + after for after, _kind in REMINDED] + [held.grace_ends_at]
    with tenancy.enter(held.tenant.schema_name):
        due.owe(KIND, held.pk, after=min(step for step in steps if step > now) - now)


def _settle(held: Subscription) -> None:
    with tenancy.enter(held.tenant.schema_name):
        due.settle(KIND, held.pk)


def _since(held: Subscription) -> str:
    """What makes this failure another one than the last."""
    assert held.past_due_since is not None
    return f"{held.pk}:{held.past_due_since:%Y%m%d%H%M%S}"


def _while_it_is(status: Subscription.Status) -> mail.Write:
    """Of a mail about the grace that waited: None once the grace that it is about is over, or came further."""

    def write(row: BillingNotice) -> dict[str, Any] | None:
        held = Subscription.objects.get(pk=row.subscription_id)
        if held.status != status or held.past_due_since is None or not row.key.endswith(_since(held)):
            return None
        return {"for_details": waiting.too_long(held) and not unpaid(held).exists()}

    return write


def _recovered(row: BillingNotice) -> dict[str, Any] | None:
    """None if something is overdue again."""
    return {} if Subscription.objects.get(pk=row.subscription_id).status == Status.ACTIVE else None


def _overdue(row: BillingNotice) -> dict[str, Any] | None:
    """None if it was paid, credited or made void meanwhile."""
    return {} if row.invoice is not None and row.invoice.status in UNPAID else None


for kind in (mail.Kind.PAYMENT_FAILED, mail.Kind.REMINDER, mail.Kind.LAST_REMINDER):
    mail.register(kind, _while_it_is(Status.PAST_DUE))
mail.register(mail.Kind.READ_ONLY, _while_it_is(Status.READ_ONLY))
mail.register(mail.Kind.RECOVERED, _recovered)
mail.register(mail.Kind.OVERDUE, _overdue)
