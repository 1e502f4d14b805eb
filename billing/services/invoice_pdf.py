"""An invoice or a credit note as a PDF, from what is kept on it. The same row is the same file."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.models import Invoice, InvoiceLine
from billing.services import countries
from core import pool, typesetting

TEMPLATE = Path(__file__).resolve().parents[1] / "data" / "invoice.typ"
Row = dict[str, str]


class NoSuchInvoice(LookupError):
    """There is none of that id that we drew up, or it is another tenant's."""


def of_tenant(*, invoice_id: UUID, tenant_id: UUID) -> tuple[str, bytes]:
    """The number and the PDF of an own invoice of this tenant.

    :raises NoSuchInvoice: if there is none. :raises core.typesetting.NotSet: if it could not be made.
    """
    found = Invoice.objects.filter(subscription__tenant_id=tenant_id, source=Invoice.Source.OWN, pk=invoice_id)
    invoice = found.first()
    if invoice is None:
        raise NoSuchInvoice(str(invoice_id))
    return invoice.number, render(invoice)


def render(invoice: Invoice) -> bytes:
    """The PDF. Its rows are read first; while it is set no connection is held.

    :raises core.typesetting.NotSet: if it could not be made. :raises core.pool.HeldDuringCall: inside a transaction.
    """
    data = _data(invoice)
    pool.give_back()
    return typesetting.typeset(TEMPLATE, data, at=invoice.issued_at).pdf


def _data(invoice: Invoice) -> dict[str, Any]:
    lines = InvoiceLine.objects.filter(invoice=invoice).select_related("subscription", "invoice")
    title = _("Credit note %(number)s") if _is_credit(invoice) else _("Invoice %(number)s")
    return {
        "title": title % {"number": invoice.number},
        "subtitle": _subtitle(invoice),
        "status": _status(invoice),
        "tone": {"uncollectible": "open"}.get(invoice.status, invoice.status),
        "warning": _("Placeholder seller: not a valid invoice.") if invoice.seller.get("is_placeholder") else "",
        "seller": party(invoice.seller),
        "buyer": party(invoice.buyer),
        "facts": _facts(invoice),
        "columns": [_("What"), _("Quantity"), _("Price"), _("Amount")],
        "lines": [_line(line) for line in lines],
        "totals": _totals(invoice),
        "note": invoice.tax_note,
        "pay": _how_to_pay(invoice),
        "labels": {"seller": _("From"), "buyer": _("To"), "lines": _("What for"), "pay": _("How to pay")},
        "footer": " · ".join(part for part in (invoice.seller["company"], invoice.seller.get("footer")) if part),
        "page": _("Page {page} of {pages}"),
    }


def _is_credit(invoice: Invoice) -> bool:
    return invoice.kind == Invoice.Kind.CREDIT_NOTE


def _subtitle(invoice: Invoice) -> str:
    if invoice.corrects is not None:
        return _("Corrects invoice %(number)s of %(date)s") % {
            "number": invoice.corrects.number,
            "date": _date(invoice.corrects.issued_at, invoice),
        }
    if invoice.period_start is None or invoice.period_end is None:
        return ""
    return _span(invoice.period_start, invoice.period_end, invoice.subscription.zone)


def _status(invoice: Invoice) -> str:
    if invoice.status != Invoice.Status.PAID or invoice.paid_at is None:
        return invoice.stands
    return f"{invoice.stands} {_date(invoice.paid_at, invoice)}"


def party(kept: dict[str, Any]) -> list[str]:
    """The lines of an address, with what identifies the company for taxes. Of Stripe's, what it tells."""
    town = " ".join(part for part in (kept.get("postal_code"), kept.get("city")) if part)
    country = countries.name_of(kept["country"]) if kept.get("country") else ""
    rows = [kept.get("company"), kept.get("line1"), kept.get("line2"), town, country]
    if kept.get("tax_id"):
        rows.append(_("VAT number %(number)s") % {"number": kept["tax_id"]})
    if kept.get("purchase_order"):
        rows.append(_("Your reference %(reference)s") % {"reference": kept["purchase_order"]})
    return [row for row in rows if row]


def _facts(invoice: Invoice) -> list[Row]:
    facts = [_fact(_("Number"), invoice.number), _fact(_("Issued"), _date(invoice.issued_at, invoice))]
    if _is_credit(invoice):
        return [*facts, _fact(_("Credit"), money(invoice.shown_usd))]
    if invoice.due_at is not None:
        facts.append(_fact(_("Due"), _date(invoice.due_at, invoice)))
    left = invoice.left()[1] if invoice.status == Invoice.Status.OPEN else Decimal(0)
    return [*facts, _fact(_("To pay"), money(left))]


def _totals(invoice: Invoice) -> list[Row]:
    percent, sign = f"{invoice.tax_percent.normalize():f}", invoice.sign
    return [
        _amount(_("Subtotal"), sign * invoice.subtotal_usd),
        _amount(_("VAT %(percent)s%%") % {"percent": percent}, sign * invoice.tax_usd),
        _amount(_("Total in US dollars"), invoice.shown_usd),
    ]


def _how_to_pay(invoice: Invoice) -> list[Row]:
    if _is_credit(invoice) or invoice.status != Invoice.Status.OPEN:
        return []
    seller = invoice.seller
    rows = [(_("To"), seller["company"]), (_("Bank"), seller["bank"]), (_("IBAN"), seller["iban"])]
    rows += [(_("BIC"), seller["bic"]), (_("Reference"), invoice.number), (_("Questions"), seller["email"])]
    return [_fact(label, value) for label, value in rows if value]


def _line(line: InvoiceLine) -> Row:
    when = ""
    if line.from_at is not None and line.until_at is not None:
        when = _span(line.from_at, line.until_at, line.subscription.zone)
    return {
        "what": line_text(line),
        "when": when,
        "quantity": f"{line.quantity.normalize():,f}",
        "unit": money(line.shown_unit_usd),
        "amount": money(line.shown_usd),
    }


def line_text(line: InvoiceLine) -> str:
    """What a line is for, in words."""
    words = {
        InvoiceLine.Kind.PLAN: _("%(plan)s plan"),
        InvoiceLine.Kind.OVERAGE: _("Interviews beyond those included in %(plan)s"),
        InvoiceLine.Kind.PRORATION: _("%(plan)s plan, the rest of the period"),
    }
    if line.kind == InvoiceLine.Kind.PRORATION and line.amount_usd < 0:
        return _("%(plan)s plan, the rest of the period given back") % {"plan": line.text}
    kind = InvoiceLine.Kind(line.kind)
    return words[kind] % {"plan": line.text} if kind in words else line.text


def money(usd: Decimal) -> str:
    """Such as $1,234.50, or −$0.40; more digits than cents only where there are any."""
    exact = usd if usd != usd.quantize(Decimal("0.01")) else usd.quantize(Decimal("0.01"))
    return f"{'−' if usd < 0 else ''}${abs(exact):,f}"


def _fact(label: str, value: str) -> Row:
    return {"label": label, "value": value}


def _amount(label: str, usd: Decimal) -> Row:
    return {"label": label, "amount": money(usd)}


def _date(moment: datetime, invoice: Invoice) -> str:
    return date_format(moment.astimezone(ZoneInfo(invoice.seller["zone"])), "j M Y")


def _span(start: datetime, end: datetime, zone: str) -> str:
    first, last = (moment.astimezone(ZoneInfo(zone)) for moment in (start, end))
    return _("%(from)s to %(until)s") % {"from": date_format(first, "j M Y"), "until": date_format(last, "j M Y")}
