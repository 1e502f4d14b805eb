"""Interviews beyond the included, of tenants that pay by card: an item on Stripe's next invoice, once a period."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.utils.translation import gettext as _

from billing.models import QuotaPeriod, Subscription
from billing.services import charges
from billing.services.stripe import client
from core import due

KIND = "stripe_overage"
log = structlog.get_logger()


def bill(*, period_id: UUID) -> None:
    """Have Stripe charge the overage of a closed period, once. Stripe away: the due row brings it back."""
    try:
        _bill(period_id)
    except (client.Unavailable, client.Off):
        log.warning("stripe_overage_waits", period=str(period_id))


def _bill(period_id: UUID) -> None:
    period = QuotaPeriod.objects.select_related("subscription__tenant", "plan").get(pk=period_id)
    parts = [part for part in charges.beyond(period) if part.price_usd is not None]
    if not period.stripe_item and parts:
        item = _known(period) or _charge(period, parts)
        QuotaPeriod.objects.filter(pk=period.pk).update(stripe_item=item)
    due.settle(KIND, period.pk)


def _known(period: QuotaPeriod) -> str:
    """What was charged for it already: Stripe forgets its idempotency keys, and keeps its items."""
    with client.asking() as stripe:
        page = stripe.v1.invoice_items.list({"customer": period.subscription.stripe_customer, "limit": 100})
        for item in client.listed(page, most=client.MOST_LISTED):
            if (item.get("metadata") or {}).get("candor_period") == str(period.pk):
                return str(item["id"])
    return ""


def _charge(period: QuotaPeriod, parts: list[charges.Beyond]) -> str:
    held = period.subscription
    over = held.status == Subscription.Status.CANCELLED
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
        item = stripe.v1.invoice_items.create(wish, {"idempotency_key": f"candor:overage:{period.pk}"})
        if over:  # no further invoice comes by itself
            final: Any = {"customer": held.stripe_customer, "auto_advance": True}
            final["pending_invoice_items_behavior"] = "include"
            stripe.v1.invoices.create(final, {"idempotency_key": f"candor:overage-invoice:{period.pk}"})
    return item.id


def _text(part: charges.Beyond) -> str:
    said = _("%(count)d interviews beyond the included, %(price)s dollars each")
    return said % {"count": part.count, "price": part.price_usd}
