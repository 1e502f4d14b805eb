"""What a tenant still has to pay: for its page of billing."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from billing.models import Invoice, Subscription
from billing.services.dunning import unpaid
from core import clock, tenancy


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An unpaid invoice; `left_usd` is what credit notes left of it."""

    number: str
    left_usd: Decimal
    due_at: datetime | None
    is_overdue: bool
    hosted_url: str
    seller: dict[str, Any]
    zone: str


@dataclass(frozen=True, slots=True)
class Dunning:
    """What the current tenant has not paid."""

    open_invoices: tuple[OpenInvoice, ...]

    @property
    def left_usd(self) -> Decimal:
        """All of it together."""
        return sum((invoice.left_usd for invoice in self.open_invoices), Decimal(0))

    @property
    def pay_to(self) -> dict[str, Any]:
        """The account of the newest invoice of our own; nothing where all are Stripe's, or the seller is none yet."""
        sellers = [invoice.seller for invoice in self.open_invoices]
        accounts = [one for one in sellers if one.get("iban") and not one.get("is_placeholder")]
        return accounts[-1] if accounts else {}


def of_tenant() -> Dunning:
    """What is left to pay: two queries."""
    held = Subscription.objects.get(tenant_id=tenancy.tenant_id())
    return Dunning(tuple(_open_invoices(held)))


def _open_invoices(held: Subscription) -> list[OpenInvoice]:
    credited = Sum("corrections__total_usd", filter=~Q(corrections__status=Invoice.Status.VOID))
    rows = unpaid(held).annotate(credited=credited).order_by("due_at", "issued_at")
    now = clock.now()
    return [
        OpenInvoice(
            row.number,
            row.total_usd - (row.credited or 0),
            row.due_at,
            row.due_at is not None and row.due_at <= now,
            row.hosted_url,
            row.seller,
            row.zone,
        )
        for row in rows
    ]
