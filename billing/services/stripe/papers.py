"""Stripe's invoices and credit notes as rows of ours: amounts to the cent, its numbers, its buyer and tax.

An invoice is copied once it has a number (a draft changes still); afterwards only its payment does. Its lines add up to
its subtotal without tax, or the difference stands there as a line of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Invoice, Subscription
from billing.services import subscriptions
from billing.services.stripe import client, lines, shapes
from billing.services.stripe.shapes import Odd, Raw, id_of, instant, usd
from core import state
from core.state import TransitionNotAllowed

Status = Invoice.Status
STATUSES = {"open": Status.OPEN, "paid": Status.PAID, "void": Status.VOID, "uncollectible": Status.UNCOLLECTIBLE}


@dataclass(frozen=True, slots=True)
class Amounts:
    """Dollars; `subtotal` is without tax."""

    subtotal_usd: Decimal
    tax_usd: Decimal
    total_usd: Decimal


def copy_invoice(*, subscription_id: UUID, stripe_id: str) -> bool:
    """Copy the invoice as Stripe has it now. :returns: whether anything was other than before.

    :raises Odd: if it is no invoice of this tenant's customer, or not in dollars; client.Unavailable.
    """
    try:
        with client.asking() as stripe:
            raw = client.plain(stripe.v1.invoices.retrieve(stripe_id))
    except client.Gone:
        return False  # a draft that was thrown away
    return keep_invoice(subscription_id=subscription_id, raw=raw)


def keep_invoice(*, subscription_id: UUID, raw: Raw) -> bool:
    """Copy an invoice that was just read."""
    shapes.same_mode(raw)
    shapes.dollars(raw)
    if raw["status"] not in STATUSES:
        return False
    known = Invoice.objects.filter(stripe_id=raw["id"]).first()
    items = [] if known else lines.of_invoice(raw)
    with transaction.atomic():
        held = _owner(subscription_id, raw)
        if known is None:
            known, fresh = _insert(held, raw, items)
        else:
            fresh = False
            _require_same(known, amounts_of(raw))
        return _follow_payment(known, raw) or fresh


def copy_credit_note(*, subscription_id: UUID, stripe_id: str) -> bool:
    """Copy the credit note as Stripe has it now, and first the invoice that it corrects."""
    with client.asking() as stripe:
        raw = client.plain(stripe.v1.credit_notes.retrieve(stripe_id))
    return keep_credit_note(subscription_id=subscription_id, raw=raw)


def keep_credit_note(*, subscription_id: UUID, raw: Raw) -> bool:
    """Copy a credit note that was just read."""
    shapes.same_mode(raw)
    shapes.dollars(raw)
    changed = copy_invoice(subscription_id=subscription_id, stripe_id=id_of(raw["invoice"]))
    corrected = Invoice.objects.filter(stripe_id=id_of(raw["invoice"])).first()
    if corrected is None:
        raise Odd("invoice")
    with transaction.atomic():
        held = _owner(subscription_id, raw)
        note, fresh = Invoice.objects.get_or_create(
            stripe_id=raw["id"], defaults=_note(held, raw, corrected) | _columns(amounts_of(raw))
        )
        if fresh:
            lines.keep(note, lines.of_credit_note(raw), held)
        _require_same(note, amounts_of(raw))
        return _void(note, raw) or fresh or changed


def amounts_of(raw: Raw) -> Amounts:
    """What an invoice or a credit note comes to; taxes stand under `total_taxes`, or `tax` in older versions."""
    taxes = raw.get("total_taxes")
    tax = sum((usd(one["amount"]) for one in taxes), Decimal(0)) if taxes is not None else usd(raw.get("tax") or 0)
    total = usd(raw["total"])
    return Amounts(subtotal_usd=total - tax, tax_usd=tax, total_usd=total)


def tax_percent(amounts: Amounts) -> Decimal:
    """The rate that makes this tax of this subtotal: with one decimal where that gives the cent, else with two."""
    if not amounts.tax_usd or not amounts.subtotal_usd:
        return Decimal(0)
    exact = amounts.tax_usd * 100 / amounts.subtotal_usd
    simple = exact.quantize(Decimal("0.1"))
    again = (amounts.subtotal_usd * simple / 100).quantize(Decimal("0.01"))
    return simple if again == amounts.tax_usd else exact.quantize(Decimal("0.01"))


def _insert(held: Subscription, raw: Raw, items: list[lines.Line]) -> tuple[Invoice, bool]:
    amounts = amounts_of(raw)
    values: dict[str, Any] = {
        "subscription": held,
        "source": Invoice.Source.STRIPE,
        "number": raw.get("number") or raw["id"],
        "seller": {"company": raw.get("account_name") or "", "country": raw.get("account_country") or ""},
        "buyer": buyer_of(raw),
        "tax_percent": tax_percent(amounts),
        "tax_note": _tax_note(raw),
        "period_start": _at(raw.get("period_start")),
        "period_end": _at(raw.get("period_end")),
        "issued_at": _at(raw["status_transitions"].get("finalized_at")) or _at(raw.get("created")),
        "due_at": _at(raw.get("due_date")),
        "hosted_url": raw.get("hosted_invoice_url") or "",
    }
    row, fresh = Invoice.objects.get_or_create(stripe_id=raw["id"], defaults=values | _columns(amounts))
    if fresh:
        lines.keep(row, items, held)
    return row, fresh


def _note(held: Subscription, raw: Raw, corrected: Invoice) -> dict[str, Any]:
    """A credit note is settled by being issued: it was set against the invoice, or its money is on the way back."""
    issued = instant(raw["created"])
    return {
        "subscription": held,
        "kind": Invoice.Kind.CREDIT_NOTE,
        "source": Invoice.Source.STRIPE,
        "status": Status.PAID,
        "paid_at": issued,
        "issued_at": issued,
        "number": raw["number"],
        "corrects": corrected,
        "seller": corrected.seller,
        "buyer": corrected.buyer,
        "tax_percent": corrected.tax_percent,
        "tax_note": corrected.tax_note,
        "hosted_url": raw.get("pdf") or "",
    }


def _follow_payment(row: Invoice, raw: Raw) -> bool:
    """Stripe's states of an invoice only ever go on: one that we are past is an older look."""
    to = STATUSES[raw["status"]]
    if row.status == to:
        return False
    paid_at = _at(raw["status_transitions"].get("paid_at")) or row.issued_at
    try:
        state.move(row, to, paid_at=paid_at if to == Status.PAID else None)
    except TransitionNotAllowed:
        return False
    return True


def _void(note: Invoice, raw: Raw) -> bool:
    if raw["status"] != "void":
        return False
    # Not by state.move: for an invoice paid is the end, for a credit note of an invoice still open it is not.
    return Invoice.objects.filter(pk=note.pk, status=Status.PAID).update(status=Status.VOID) == 1


def _owner(subscription_id: UUID, raw: Raw) -> Subscription:
    held = subscriptions.locked(subscription_id)
    if id_of(raw["customer"]) != held.stripe_customer:
        raise Odd("customer")
    return held


def _require_same(row: Invoice, amounts: Amounts) -> None:
    if (row.subtotal_usd, row.tax_usd, row.total_usd) != (amounts.subtotal_usd, amounts.tax_usd, amounts.total_usd):
        raise Odd("amounts_changed")


def _columns(amounts: Amounts) -> dict[str, Decimal]:
    return {"subtotal_usd": amounts.subtotal_usd, "tax_usd": amounts.tax_usd, "total_usd": amounts.total_usd}


def buyer_of(raw: Raw) -> dict[str, str]:
    """To whom the invoice is made out, under the names of billing.models.BillingDetails."""
    where = raw.get("customer_address") or {}
    tax_ids = raw.get("customer_tax_ids") or [{}]
    found = {
        "company": raw.get("customer_name"),
        "line1": where.get("line1"),
        "line2": where.get("line2"),
        "postal_code": where.get("postal_code"),
        "city": where.get("city"),
        "country": where.get("country"),
        "tax_id": tax_ids[0].get("value"),
        "email": raw.get("customer_email"),
    }
    return {name: value or "" for name, value in found.items()}


def _tax_note(raw: Raw) -> str:
    reasons = {one.get("taxability_reason") for one in raw.get("total_taxes") or ()}
    if raw.get("customer_tax_exempt") == "reverse" or "reverse_charge" in reasons:
        return _("Reverse charge: the recipient owes the VAT.")
    return _("Exempt from tax.") if raw.get("customer_tax_exempt") == "exempt" else ""


def _at(seconds: int | None) -> datetime | None:
    return None if seconds is None else instant(seconds)
