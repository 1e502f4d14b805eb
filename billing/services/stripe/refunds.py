"""What the platform's staff does to Stripe's invoices: gives money back, or takes an unpaid one away."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.models import Invoice
from billing.services.granting import reasoned
from billing.services.stripe import claim, client, papers
from core import audit, tenancy


class BadRefund(ValueError):
    """This much can't be given back of this invoice; nothing was done."""


def refund(*, invoice_id: UUID, amount_usd: Decimal, reason: str) -> Invoice:
    """Give this much (tax included) of a paid invoice back to the card, by a credit note of Stripe's.

    :raises BadRefund, granting.BadGrant: for the amount or the reason. :raises claim.Busy, client.Refused: see there.
    :raises client.Unavailable: it may have been done; asking for the same again within a day does it once.
    """
    row, reason = _of_stripe(invoice_id), reasoned(reason)
    with _within(row), claim.taken(row.subscription_id):
        credited = _credited(row)
        if row.status != Invoice.Status.PAID or row.kind != Invoice.Kind.INVOICE:
            raise BadRefund(_("Only a paid invoice can be given back."))
        if not Decimal(0) < amount_usd <= row.total_usd - credited or amount_usd != round(amount_usd, 2):
            raise BadRefund(_("Between 0.01 and %(most)s dollars.") % {"most": row.total_usd - credited})
        cents = int(amount_usd * 100)
        audit.record("invoice.refund_asked", row, amount=str(amount_usd), reason=reason)
        wish: Any = {"invoice": row.stripe_id, "amount": cents, "refund_amount": cents, "memo": reason}
        key = f"candor:refund:{row.stripe_id}:{int(credited * 100)}:{cents}"
        with client.asking() as stripe:
            made = client.plain(stripe.v1.credit_notes.create(wish, {"idempotency_key": key}))
        papers.keep_credit_note(subscription_id=row.subscription_id, raw=made)
    return Invoice.objects.get(stripe_id=made["id"])


def void(*, invoice_id: UUID, reason: str) -> Invoice:
    """Take an unpaid invoice away: nobody has to pay it.

    :raises BadRefund: if it is not open. :raises granting.BadGrant: without a reason.
    :raises claim.Busy, client.Unavailable, client.Refused: with nothing changed.
    """
    row, reason = _of_stripe(invoice_id), reasoned(reason)
    with _within(row), claim.taken(row.subscription_id):
        if row.status not in (Invoice.Status.OPEN, Invoice.Status.UNCOLLECTIBLE):
            raise BadRefund(_("Only an unpaid invoice can be made void."))
        audit.record("invoice.void_asked", row, reason=reason)
        with client.asking() as stripe:
            raw = client.plain(stripe.v1.invoices.void_invoice(row.stripe_id))
        papers.keep_invoice(subscription_id=row.subscription_id, raw=raw)
    return Invoice.objects.get(pk=row.pk)


def _of_stripe(invoice_id: UUID) -> Invoice:
    row = Invoice.objects.select_related("subscription__tenant").get(pk=invoice_id)
    if row.source != Invoice.Source.STRIPE:
        raise BadRefund(_("This invoice is not Stripe's."))
    return row


def _within(row: Invoice) -> Any:
    return tenancy.enter(row.subscription.tenant.schema_name)


def _credited(row: Invoice) -> Decimal:
    notes = row.corrections.exclude(status=Invoice.Status.VOID)
    return notes.aggregate(sum=Sum("total_usd"))["sum"] or Decimal(0)
