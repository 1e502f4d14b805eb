"""Billing details, lines that wait, and issued invoices, for tests."""

from decimal import Decimal
from uuid import UUID

from billing.models import BillingDetails, BillingNotice, Invoice, InvoiceLine, Subscription
from billing.services import invoicing
from core.ids import uuid7
from core.models import Due
from core.testing import HOME

BUYER = {
    "company": "Alpha GmbH",
    "line1": "Hauptstraße 5",
    "line2": "",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "tax_id": "DE136695976",
    "email": "invoices@alpha.example",
    "purchase_order": "PO-4711",
}
REASON = "Ticket 4713: agreed with the customer."


def subscription(schema: str = HOME) -> Subscription:
    return Subscription.objects.select_related("tenant", "plan").get(tenant__schema_name=schema)


def details(schema: str = HOME, **changes: str) -> BillingDetails:
    """The tenant's billing details, as they are stored."""
    values = BUYER | changes
    return BillingDetails.objects.update_or_create(subscription=subscription(schema), defaults=values)[0]


def line(amount: str = "100.00", schema: str = HOME, **fields: object) -> InvoiceLine:
    """A line that waits."""
    usd = Decimal(amount)
    values = {"kind": "other", "text": "Something", "unit_price_usd": usd, "amount_usd": usd, "key": str(uuid7())}
    return InvoiceLine.objects.create(subscription=subscription(schema), **(values | fields))


def no_lines(schema: str = HOME) -> None:
    """Nothing waits: neither the month that the tenant began with."""
    InvoiceLine.objects.filter(subscription=subscription(schema), invoice=None).delete()


def issued(amount: str = "100.00", schema: str = HOME, **buyer: str) -> Invoice:
    """An invoice over this subtotal, to Alpha in Germany or to `buyer`."""
    details(schema, **buyer)
    no_lines(schema)
    line(amount, schema)
    return invoicing.issue(subscription_id=subscription(schema).pk)


def notices() -> list[str]:
    """The kinds of mail that are owed or went, oldest first."""
    return list(BillingNotice.objects.order_by("created_at", "pk").values_list("kind", flat=True))


def owed(kind: str, object_id: UUID | None = None) -> list[Due]:
    found = Due.objects.filter(kind=kind)
    return list(found.filter(object_id=object_id) if object_id else found)
