"""Something to pay that waits for billing details: who never says to whom an invoice is made out never pays it."""

from datetime import datetime, timedelta

from billing.models import InvoiceLine, Subscription
from billing.services import billing_details
from core import clock

PATIENCE = timedelta(days=14)  # then it is a payment that is late (billing.services.dunning)


def since(held: Subscription) -> datetime | None:
    """Since when something to pay waits for the tenant's details; None if nothing does."""
    if billing_details.are_valid(held):
        return None
    lines = list(InvoiceLine.objects.filter(subscription=held, invoice=None))
    if sum(line.amount_usd for line in lines) <= 0:
        return None
    return min(line.created_at for line in lines if line.amount_usd > 0)


def too_long(held: Subscription) -> bool:
    """Whether it waits for longer than anybody needs to fill in a form."""
    began = since(held)
    return began is not None and began + PATIENCE <= clock.now()
