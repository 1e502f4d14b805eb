"""Invoices drawn up by us, for those who pay by bank transfer: all lines that wait, with a number without a gap.

An invoice is issued when something to pay comes up: the next month (in advance), a past one's overage, a larger plan.
Each of them owes a look here (due kind "invoicing"). What comes to less than nothing waits, as a credit, for the next,
and so does what comes to less than a dollar (`waiting.LEAST_USD`), unless the subscription is over.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Invoice, InvoiceLine, Seller, Subscription
from billing.services import billing_details, dunning, mail, numbers, sellers, tax, waiting
from billing.services.subscriptions import locked
from core import audit, clock, due, tenancy
from core.ids import uuid7
from tenants.services.trails import record_in_both

PAID_WITHIN = timedelta(days=30)
AGAIN = timedelta(hours=1)
KIND, OVERDUE = "invoicing", "invoice_overdue"

log = structlog.get_logger()


class NothingToInvoice(Exception):
    """No line waits, or all of them together are a credit, or too little, and wait for the next invoice."""


class DetailsMissing(Exception):
    """Nobody said to whom the tenant's invoices are made out, or what was said can't be right."""


@transaction.atomic
def look(*, subscription_id: UUID) -> None:
    """Issue what is owed. What is missing (details, a seller) leaves the lines as they are, for as long as it takes.

    Details that are missing for too long are a payment that is late; once they are there, it is late no more.
    """
    held = locked(subscription_id)
    due.settle(KIND, subscription_id)  # first: a line that comes from now on waits for this, and owes another look
    try:
        issue(subscription_id=subscription_id)
        dunning.paid(held)
    except NothingToInvoice:
        return
    except DetailsMissing:
        _wait_for_details(held)  # saving them owes the invoice again
    except sellers.PlaceholderSeller as error:
        log.error("invoice_without_seller", said=str(error))
        due.owe(KIND, subscription_id, after=AGAIN)


def _wait_for_details(held: Subscription) -> None:
    began, now = waiting.since(held), clock.now()
    if began is None:
        return  # the last cents of a subscription that is over: nobody is asked for an address for them
    mail.tell(held, mail.Kind.DETAILS_MISSING, key=f"details:{held.pk}")
    if now < began + waiting.PATIENCE:
        due.owe(KIND, held.pk, after=began + waiting.PATIENCE - now)
        return
    dunning.payment_failed(held, why="details")
    if held.past_due_since is not None:
        mail.tell(held, mail.Kind.DETAILS_MISSING, key=f"details:{held.pk}:{held.past_due_since:%Y%m%d}")


@transaction.atomic
def issue(*, subscription_id: UUID) -> Invoice:
    """Draw up an invoice from every line that waits; of who pays by card by now, those of before.

    :raises NothingToInvoice, DetailsMissing, sellers.PlaceholderSeller: with nothing changed.
    """
    held = locked(subscription_id)
    lines = list(InvoiceLine.objects.select_for_update().filter(subscription=held, invoice=None))
    subtotal = sum((line.amount_usd for line in lines), Decimal(0))
    if not waiting.is_enough(held, subtotal):
        raise NothingToInvoice(
            _("Nothing waits for an invoice, or what waits is a credit, or less than a dollar, for the next one.")
        )
    buyer, seller = _buyer(held), sellers.for_issuing()
    invoice = _drawn_up(held, seller, buyer, subtotal=subtotal)
    starts, ends = [line.from_at for line in lines if line.from_at], [line.until_at for line in lines if line.until_at]
    invoice.period_start, invoice.period_end = min(starts, default=None), max(ends, default=None)
    attach(lines, invoice)
    _owe(held, invoice)
    number(invoice, seller)
    return invoice


def _buyer(held: Subscription) -> dict[str, Any]:
    """:raises DetailsMissing: without details, or with such as nobody checked and that can't be right."""
    kept = billing_details.as_dict(held)
    if not kept:
        raise DetailsMissing(_("The billing details are missing: to whom is the invoice made out?"))
    try:
        return billing_details.valid(kept)
    except billing_details.BadDetails as error:
        raise DetailsMissing(str(error)) from error


def _drawn_up(held: Subscription, seller: Seller, buyer: dict[str, Any], *, subtotal: Decimal) -> Invoice:
    """The invoice without its number."""
    owed, now = tax_of(seller, buyer), clock.now()
    tax_usd = owed.on(subtotal)
    return Invoice(
        id=uuid7(),
        subscription=held,
        seller=sellers.snapshot(seller),
        buyer=buyer,
        subtotal_usd=subtotal,
        tax_percent=owed.percent,
        tax_usd=tax_usd,
        tax_note=owed.note,
        total_usd=subtotal + tax_usd,
        issued_at=now,
        due_at=now + PAID_WITHIN,
    )


def tax_of(seller: Seller, buyer: dict[str, Any]) -> tax.Tax:
    """The tax on an invoice to this buyer; a VAT number that is kept is a valid one."""
    return tax.owed(
        seller_country=seller.country,
        home_percent=seller.tax_percent,
        buyer_country=buyer["country"],
        has_tax_id=bool(buyer["tax_id"]),
    )


def attach(lines: list[InvoiceLine], invoice: Invoice) -> None:
    """Give the lines their invoice, before it is written: from then on it takes none (the database holds it)."""
    found = InvoiceLine.objects.filter(pk__in=[line.pk for line in lines], invoice=None)
    assert found.update(invoice_id=invoice.pk) == len(lines)  # the caller holds them


def number(invoice: Invoice, seller: Seller) -> None:
    """Give it the next number and write it: the last of its transaction, for the number's row is everybody's."""
    series = numbers.INVOICES if invoice.kind == Invoice.Kind.INVOICE else numbers.CREDIT_NOTES
    year = invoice.issued_at.astimezone(ZoneInfo(seller.zone)).year
    invoice.number = numbers.take(series, year=year)
    invoice.save(force_insert=True)


def _owe(held: Subscription, invoice: Invoice) -> None:
    """All that follows from an invoice: mail, a look at its due date, both trails."""
    total = str(invoice.total_usd)
    record_in_both("invoice.issued", invoice, tenant=held.tenant, by=audit.actor.get(), total_usd=total)
    mail.tell(held, mail.Kind.ISSUED, key=f"issued:{invoice.pk}", invoice_id=invoice.pk)
    with tenancy.enter(held.tenant.schema_name):
        due.owe(OVERDUE, invoice.pk, after=PAID_WITHIN)
