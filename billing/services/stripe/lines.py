"""The lines of Stripe's invoices and credit notes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.utils.translation import gettext as _

from billing.models import Invoice, InvoiceLine, Subscription
from billing.services.stripe import client
from billing.services.stripe.shapes import Raw, instant, usd

Kind = InvoiceLine.Kind
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Line:
    """Without tax and after discounts."""

    key: str
    kind: InvoiceLine.Kind
    text: str
    quantity: Decimal
    unit_price_usd: Decimal
    amount_usd: Decimal
    since: datetime | None = None
    until: datetime | None = None
    period: str = ""


def of_invoice(raw: Raw) -> list[Line]:
    """The lines of an invoice; those that did not fit into it are asked for."""
    page = raw["lines"]
    found = list(page["data"])
    if page.get("has_more"):
        with client.asking() as stripe:
            more = stripe.v1.invoices.line_items.list(raw["id"], {"limit": client.MOST_LISTED})
            found = list(client.listed(more))
    return [_line(one) for one in found]


def of_credit_note(raw: Raw) -> list[Line]:
    return [
        Line(f"stripe:{one['id']}", Kind.OTHER, one.get("description") or "", _count(one), _price(one), _net(one))
        for one in raw["lines"]["data"]
    ]


def keep(row: Invoice, found: list[Line], held: Subscription) -> None:
    """Store the lines, and what is missing to the subtotal as one more."""
    rest = row.subtotal_usd - sum((line.amount_usd for line in found), Decimal(0))
    if rest:
        found = [*found, Line(f"stripe:{row.stripe_id}:rest", Kind.OTHER, _("Credits and rounding"), ONE, rest, rest)]
    periods = {str(pk): pk for pk in held.periods.values_list("pk", flat=True)}
    InvoiceLine.objects.bulk_create([_row(row, line, held, periods.get(line.period)) for line in found])


def _row(row: Invoice, line: Line, held: Subscription, period: UUID | None) -> InvoiceLine:
    return InvoiceLine(
        subscription=held,
        invoice=row,
        period_id=period,
        kind=line.kind,
        text=line.text[:200] or row.number,
        quantity=line.quantity,
        unit_price_usd=line.unit_price_usd,
        amount_usd=line.amount_usd,
        from_at=line.since,
        until_at=line.until,
        key=line.key,
    )


def _line(raw: Raw) -> Line:
    span, told = raw.get("period") or {}, raw.get("metadata") or {}
    return Line(
        key=f"stripe:{raw['id']}",
        kind=_kind(raw, told),
        text=raw.get("description") or "",
        quantity=_count(raw),
        unit_price_usd=_price(raw),
        amount_usd=_net(raw),
        since=instant(span["start"]) if span.get("start") else None,
        until=instant(span["end"]) if span.get("end") else None,
        period=told.get("candor_period", ""),
    )


def _kind(raw: Raw, told: dict[str, str]) -> InvoiceLine.Kind:
    parent = raw.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or raw
    if "candor_period" in told:
        return Kind.OVERAGE
    if details.get("proration"):
        return Kind.PRORATION
    of_plan = parent.get("type") == "subscription_item_details" or raw.get("type") == "subscription"
    return Kind.PLAN if of_plan else Kind.OTHER


def _net(raw: Raw) -> Decimal:
    """What the line comes to, less its discounts and the taxes that its amount includes."""
    less = [one["amount"] for one in raw.get("discount_amounts") or ()]
    less += [one["amount"] for one in raw.get("taxes") or () if one.get("tax_behavior") == "inclusive"]
    return usd(raw["amount"]) - sum((usd(cents) for cents in less), Decimal(0))


def _count(raw: Raw) -> Decimal:
    try:
        return Decimal(str(raw.get("quantity_decimal") or raw.get("quantity") or 1)) or ONE
    except InvalidOperation:
        return ONE


def _price(raw: Raw) -> Decimal:
    """Of one, as Stripe tells it; else what it comes to."""
    told = (raw.get("pricing") or {}).get("unit_amount_decimal") or raw.get("unit_amount_decimal")
    exact = usd(raw["amount"]) / _count(raw) if told is None else Decimal(str(told)) / 100
    return exact.quantize(Decimal("0.0001"))
