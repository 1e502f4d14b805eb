"""Interviews beyond the included, of tenants that pay by card: an item on Stripe's next invoice, once a period."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.utils.translation import ngettext

from billing.models import InvoiceLine, QuotaPeriod, Subscription
from billing.services import charges
from billing.services.stripe import client
from billing.services.stripe.shapes import Raw
from core import due

KIND = "stripe_overage"
log = structlog.get_logger()


def bill(*, period_id: UUID) -> None:
    """Have Stripe charge the overage of a closed period, once. Stripe away: the due row brings it back."""
    try:
        _bill(period_id)
    except (client.Unavailable, client.Off):
        log.warning("stripe_overage_waits", period=str(period_id))


def bill_rest(held: Subscription) -> None:
    """The tenant goes: charge what is left of its closed periods, on an invoice of its own. Again changes nothing.

    :raises client.Unavailable: after a part of it.
    """
    closed = held.periods.filter(stripe_item="").exclude(closed_at=None).exclude(lines__kind=InvoiceLine.Kind.OVERAGE)
    for period in closed.select_related("subscription", "plan").order_by("period_start"):
        _charge_once(period, over=True)


def _bill(period_id: UUID) -> None:
    period = QuotaPeriod.objects.select_related("subscription__tenant", "plan").get(pk=period_id)
    _charge_once(period, over=period.subscription.status == Subscription.Status.CANCELLED)
    due.settle(KIND, period.pk)


def _charge_once(period: QuotaPeriod, *, over: bool) -> None:
    """:param over: no further invoice comes by itself."""
    parts = [part for part in charges.beyond(period) if part.price_usd is not None]
    if period.stripe_item or not parts:
        return
    item = _known(period) or _charge(period, parts, over=over)
    if over and not item.get("invoice"):
        _invoice(period)
    QuotaPeriod.objects.filter(pk=period.pk).update(stripe_item=item["id"])


def _known(period: QuotaPeriod) -> Raw | None:
    """What was charged for it already: Stripe forgets its idempotency keys, and keeps its items."""
    with client.asking() as stripe:
        page = stripe.v1.invoice_items.list({"customer": period.subscription.stripe_customer, "limit": 100})
        for item in client.listed(page, most=client.MOST_LISTED):
            if (item.get("metadata") or {}).get("candor_period") == str(period.pk):
                return item
    return None


def _charge(period: QuotaPeriod, parts: list[charges.Beyond], *, over: bool) -> Raw:
    held = period.subscription
    amount_usd = sum((part.amount_usd for part in parts), Decimal(0))
    wish: Any = {
        "customer": held.stripe_customer,
        "amount": int(amount_usd * 100),
        "currency": client.CURRENCY,
        "description": "; ".join(map(_text, parts)),
        "period": {"start": int(period.period_start.timestamp()), "end": int(period.period_end.timestamp())},
        "metadata": {"candor_period": str(period.pk)},
    }
    if not over:
        wish["subscription"] = held.stripe_subscription
    with client.asking() as stripe:
        return client.plain(stripe.v1.invoice_items.create(wish, {"idempotency_key": f"candor:overage:{period.pk}"}))


def _invoice(period: QuotaPeriod) -> None:
    final: Any = {"customer": period.subscription.stripe_customer, "auto_advance": True}
    final["pending_invoice_items_behavior"] = "include"
    with client.asking() as stripe:
        stripe.v1.invoices.create(final, {"idempotency_key": f"candor:overage-invoice:{period.pk}"})


def _text(part: charges.Beyond) -> str:
    said = ngettext(
        "%(count)d interview beyond the included, at %(price)s dollars",
        "%(count)d interviews beyond the included, %(price)s dollars each",
        part.count,
    )
    return said % {"count": part.count, "price": part.price_usd}
