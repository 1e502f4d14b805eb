"""What waits for an invoice: too little for one, or without the details of to whom it is made out."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from billing.models import InvoiceLine, Subscription
from billing.services import billing_details
from core import clock

PATIENCE = timedelta(days=14)  # then it is a payment that is late (billing.services.dunning)
LEAST_USD = Decimal(1)  # nobody pays an invoice over cents: less waits for the next one


def is_enough(held: Subscription, subtotal_usd: Decimal) -> bool:
    """Whether an invoice is drawn up over this; after the last period there is no next one to wait for."""
    return subtotal_usd >= (LEAST_USD if held.status != Subscription.Status.CANCELLED else Decimal("0.01"))


def enough_since(lines: Iterable[InvoiceLine]) -> datetime | None:
    """Since when these lines together are enough for an invoice; None while they are not."""
    sum_usd, since = Decimal(0), None
    for line in sorted(lines, key=lambda line: line.created_at):
        sum_usd += line.amount_usd
        since = (since or line.created_at) if sum_usd >= LEAST_USD else None
    return since


def since(held: Subscription) -> datetime | None:
    """Since when something to pay waits for the tenant's details; None if nothing does."""
    if billing_details.are_valid(held):
        return None
    return enough_since(InvoiceLine.objects.filter(subscription=held, invoice=None))


def too_long(held: Subscription) -> bool:
    """Whether it waits for longer than anybody needs to fill in a form."""
    began = since(held)
    return began is not None and began + PATIENCE <= clock.now()
