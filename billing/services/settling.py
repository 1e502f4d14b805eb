"""What becomes of an issued invoice: paid, void, or corrected by a credit note. Its contents never change.

Each act holds the subscription's row, so that of two people at once one wins and the other is told.
"""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Invoice, InvoiceLine, Subscription
from billing.money import CENT
from billing.services import announcing, charges, dunning, invoicing, mail, sellers
from billing.services.granting import reasoned
from billing.services.subscriptions import locked
from core import audit, clock, state
from core.ids import uuid7
from core.state import TransitionNotAllowed
from tenants.services.trails import record_in_both

LONGEST_REASON = 200  # it is the credit note's line
Status = Invoice.Status


class NotPossible(Exception):
    """The invoice is not one with which this can be done (any more); the message says why. Nothing was changed."""


class SeenOtherwise(NotPossible):
    """Somebody credited some of the invoice since the page was shown: nobody credits the same thing twice."""


class BadAmount(ValueError):
    """The date, reference or amount can't be right; nothing was changed."""


@transaction.atomic
def mark_paid(*, invoice_id: UUID, on: date, reference: str, by: UUID) -> Invoice:
    """The money came (of a credit note: went) on this day of the seller's calendar.

    :raises BadAmount: for a day to come, or before the invoice's. :raises NotPossible: if it was settled already.
    """
    held, invoice = _locked(invoice_id)
    zone = ZoneInfo(invoice.seller["zone"])
    if not invoice.issued_at.astimezone(zone).date() <= on <= clock.now().astimezone(zone).date():
        raise BadAmount(_("Between the day on which it was issued and today."))
    _settle(invoice, at=datetime.combine(on, time(), zone), reference=reference)
    _record("invoice.paid", invoice, held, by, on=on.isoformat(), reference=invoice.payment_reference)
    dunning.paid(held)
    return invoice


@transaction.atomic
def void(*, invoice_id: UUID, reason: str, by: UUID, again: bool = False) -> Invoice:
    """Take back an invoice that nobody paid: its number stays, and nothing is owed by it.

    :param again: charge its lines anew, for instance because it was made out to somebody else.
    :raises granting.BadGrant: without a reason. :raises NotPossible: if it is paid, void or was credited.
    """
    reason, (held, invoice) = reasoned(reason), _locked(invoice_id)
    if invoice.kind != Invoice.Kind.INVOICE or invoice.corrections.exists():
        raise NotPossible(_("Only an invoice without a credit note becomes void; credit the rest instead."))
    _move(invoice, Status.VOID)
    if again:
        _charge_again(held, invoice)
    _record("invoice.voided", invoice, held, by, reason=reason, again=again)
    announcing.voided(held, invoice, again=again)
    dunning.paid(held)
    return invoice


@transaction.atomic
def credit(
    *, invoice_id: UUID, reason: str, by: UUID, total_usd: Decimal | None = None, left_usd: Decimal | None = None
) -> Invoice:
    """Issue a credit note over this much, tax included; None: all that is left of the invoice.

    :param left_usd: what was left of it when the person looked.

    Of an open invoice it takes off what is to be paid; what was paid is paid back by bank, and then marked so.
    :raises BadAmount: above what is left, below a cent, or with parts of one. :raises granting.BadGrant: without a
        reason. :raises NotPossible: for a void invoice or a credit note, or where nothing is left; SeenOtherwise.
    """
    reason, (held, invoice) = reasoned(reason), _locked(invoice_id)
    require_as_seen(invoice.left()[1], left_usd)
    if invoice.kind != Invoice.Kind.INVOICE or invoice.status == Status.VOID:
        raise NotPossible(_("Only an invoice that is not void is corrected by a credit note."))
    if len(reason) > LONGEST_REASON:
        raise BadAmount(_("At most %(most)d characters: it stands on the credit note.") % {"most": LONGEST_REASON})
    net, gross = _parts(invoice, total_usd)
    note = _note(held, invoice, net=net, gross=gross)
    line = InvoiceLine(
        subscription=held,
        invoice_id=note.pk,
        kind=InvoiceLine.Kind.OTHER,
        text=reason,
        unit_price_usd=net,
        amount_usd=net,
        key=f"credit:{note.pk}",
    )
    line.save(force_insert=True)
    everything = invoice.left()[1] == gross
    _record("invoice.credited", invoice, held, by, note=str(note.pk), total_usd=str(gross), reason=reason)
    mail.tell(held, mail.Kind.ISSUED, key=f"issued:{note.pk}", invoice_id=note.pk)
    _number(note, invoice, settles=everything and invoice.status != Status.PAID)
    dunning.paid(held)
    return note


def require_as_seen(left_usd: Decimal, seen_usd: Decimal | None) -> None:
    """:raises SeenOtherwise: if so much is left by now, and not what somebody saw."""
    if seen_usd is not None and seen_usd != left_usd:
        raise SeenOtherwise(
            _("Some of it was credited since you opened the page: $%(left)s are left. Load it anew; nothing was done.")
            % {"left": left_usd}
        )


def split(total_usd: Decimal, *, left: tuple[Decimal, Decimal], whole: tuple[Decimal, Decimal]) -> Decimal:
    """The net part of a credit of `total_usd`: in the proportion of the `whole` (net, gross), within what is `left`.

    All that is left takes all of its net, so that credits of the whole add up to it, net and tax, to the cent.
    """
    net, gross = left
    if total_usd == gross:
        return net
    part = (total_usd * whole[0] / whole[1]).quantize(CENT)
    return max(total_usd - (gross - net), min(net, total_usd, part))


def _parts(invoice: Invoice, total_usd: Decimal | None) -> tuple[Decimal, Decimal]:
    left = invoice.left()
    if not left[1]:
        raise NotPossible(_("All of it was credited already."))
    gross = left[1] if total_usd is None else total_usd
    if not gross.is_finite() or not CENT <= gross <= left[1] or gross != gross.quantize(CENT):
        raise BadAmount(_("Between $0.01 and $%(left)s, in whole cents.") % {"left": left[1]})
    return split(gross, left=left, whole=(invoice.subtotal_usd, invoice.total_usd)), gross


def _note(held: Subscription, invoice: Invoice, *, net: Decimal, gross: Decimal) -> Invoice:
    """A credit note to whom, and by whom, the invoice was made out; without its number."""
    return Invoice(
        id=uuid7(),
        subscription=held,
        kind=Invoice.Kind.CREDIT_NOTE,
        corrects=invoice,
        seller=invoice.seller,
        buyer=invoice.buyer,
        subtotal_usd=net,
        tax_percent=invoice.tax_percent,
        tax_usd=gross - net,
        tax_note=invoice.tax_note,
        total_usd=gross,
        issued_at=clock.now(),
    )


def _number(note: Invoice, invoice: Invoice, *, settles: bool) -> None:
    """Write the note. Of an unpaid invoice it is settled at once, and it settles the invoice with the last of it."""
    if invoice.status != Status.PAID:
        note.status, note.paid_at, note.payment_reference = Status.PAID, note.issued_at, invoice.number
    invoicing.number(note, sellers.current())
    if settles:
        _settle(invoice, at=note.issued_at, reference=note.number)


def _charge_again(held: Subscription, invoice: Invoice) -> None:
    for line in invoice.lines.all():
        fresh = InvoiceLine(pk=uuid7(), key=f"again:{line.pk}", subscription=held)
        same = ("period_id", "kind", "text", "quantity", "unit_price_usd", "amount_usd", "from_at", "until_at")
        for name in same:
            setattr(fresh, name, getattr(line, name))
        fresh.save(force_insert=True)
    charges.owe_invoice(held)


def _settle(invoice: Invoice, *, at: datetime, reference: str) -> None:
    said = " ".join(reference.split())
    if not said or len(said) > LONGEST_REASON:
        raise BadAmount(_("Say by which reference it is found in the account."))
    _move(invoice, Status.PAID, paid_at=at, payment_reference=said)


def _move(invoice: Invoice, to: Invoice.Status, **changes: Any) -> None:
    try:
        state.move(invoice, to, **changes)
    except TransitionNotAllowed as error:
        found = Invoice.objects.get(pk=invoice.pk)
        message = _("%(number)s is %(status)s already.")
        raise NotPossible(message % {"number": found.number, "status": found.get_status_display().lower()}) from error


def _locked(invoice_id: UUID) -> tuple[Subscription, Invoice]:
    """The invoice as it is once nobody else acts on its subscription.

    :raises NotPossible: for one of Stripe's, which is settled there.
    """
    held = locked(Invoice.objects.values_list("subscription_id", flat=True).get(pk=invoice_id))
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.source != Invoice.Source.OWN:
        raise NotPossible(_("It is Stripe's: settle it there."))
    return held, invoice


def _record(action: str, invoice: Invoice, held: Subscription, by: UUID, **detail: Any) -> None:
    record_in_both(action, invoice, tenant=held.tenant, by=audit.Actor("platform", by), number=invoice.number, **detail)
