"""What the platform's staff does to Stripe's invoices: gives money back, or takes an unpaid one away."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Invoice
from billing.services import settling
from billing.services.granting import reasoned
from billing.services.stripe import claim, client, papers
from core import audit, tenancy
from tenants.services import trails


class BadRefund(ValueError):
    """This much can't be given back of this invoice; nothing was done."""


def refund(*, invoice_id: UUID, amount_usd: Decimal, reason: str, by: UUID, left_usd: Decimal | None = None) -> Invoice:
    """Give this much (tax included) of a paid invoice back to the card, by a credit note of Stripe's.

    :param by: a person of the platform's staff. :param left_usd: what could be given back when they looked.
    :raises BadRefund, granting.BadGrant, settling.SeenOtherwise: for the amount or the reason.
    :raises claim.Busy, client.Refused, client.Off: with nothing done.
    :raises client.Unavailable: it may have been done; asking for the same again within a day does it once.
    """
    row, reason = _of_stripe(invoice_id), reasoned(reason)
    with _within(row, by), claim.taken(row.subscription_id):
        left = _refundable(row, amount_usd)
        settling.require_as_seen(left, left_usd)
        cents = int(amount_usd * 100)
        _record("invoice.refund_asked", row, by, amount=str(amount_usd), reason=reason)
        wish: Any = {"invoice": row.stripe_id, "amount": cents, "refund_amount": cents, "memo": reason}
        key = f"candor:refund:{row.stripe_id}:{int((row.total_usd - left) * 100)}:{cents}"
        with client.asking() as stripe:
            made = client.plain(stripe.v1.credit_notes.create(wish, {"idempotency_key": key}))
        papers.keep_credit_note(subscription_id=row.subscription_id, raw=made)
    return Invoice.objects.get(stripe_id=made["id"])


def void(*, invoice_id: UUID, reason: str, by: UUID) -> Invoice:
    """Take an unpaid invoice away: nobody has to pay it.

    :raises BadRefund: if it is not open. :raises granting.BadGrant: without a reason.
    :raises claim.Busy, client.Unavailable, client.Refused, client.Off: with nothing changed.
    """
    row, reason = _of_stripe(invoice_id), reasoned(reason)
    with _within(row, by), claim.taken(row.subscription_id):
        if row.status not in (Invoice.Status.OPEN, Invoice.Status.UNCOLLECTIBLE):
            raise BadRefund(_("Only an unpaid invoice can be made void."))
        _record("invoice.void_asked", row, by, reason=reason)
        with client.asking() as stripe:
            raw = client.plain(stripe.v1.invoices.void_invoice(row.stripe_id))
        papers.keep_invoice(subscription_id=row.subscription_id, raw=raw)
    return Invoice.objects.get(pk=row.pk)


def _refundable(row: Invoice, amount_usd: Decimal) -> Decimal:
    """What is left of the invoice. :raises BadRefund: unless so much of it can be given back."""
    left = row.left()[1]
    if row.status != Invoice.Status.PAID or row.kind != Invoice.Kind.INVOICE:
        raise BadRefund(_("Only a paid invoice can be given back."))
    if not Decimal(0) < amount_usd <= left or amount_usd != round(amount_usd, 2):
        raise BadRefund(_("Between $0.01 and $%(left)s, in whole cents.") % {"left": left})
    return left


def _record(action: str, row: Invoice, by: UUID, **detail: Any) -> None:
    """In both trails, before Stripe is asked."""
    with transaction.atomic():
        tenant, actor = row.subscription.tenant, audit.Actor("platform", by)
        trails.record_in_both(action, row, tenant=tenant, by=actor, number=row.number, **detail)


def _of_stripe(invoice_id: UUID) -> Invoice:
    row = Invoice.objects.select_related("subscription__tenant").get(pk=invoice_id)
    if row.source != Invoice.Source.STRIPE:
        raise BadRefund(_("This invoice is not Stripe's."))
    return row


@contextmanager
def _within(row: Invoice, by: UUID) -> Iterator[None]:
    """In the invoice's tenant, in the name of the person."""
    with trails.acting(audit.Actor("platform", by)), tenancy.enter(row.subscription.tenant.schema_name):
        yield
