"""Interviews beyond the included, of tenants that pay by card: an item on Stripe's next invoice, once a period."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.utils.translation import ngettext

from billing.models import QuotaPeriod, Subscription
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


def _bill(period_id: UUID) -> None:
    period = QuotaPeriod.objects.select_related("subscription__tenant", "plan").get(pk=period_id)
    beyond, plan = charges.overage_of(period), period.plan
    if not period.stripe_item and beyond > 0 and plan is not None and plan.overage_price_usd is not None:
        item = _known(period) or _charge(period, beyond, plan.overage_price_usd)
        if period.subscription.status == Subscription.Status.CANCELLED and not item.get("invoice"):
            _invoice(period)  # no further one comes by itself
        QuotaPeriod.objects.filter(pk=period.pk).update(stripe_item=item["id"])
    due.settle(KIND, period.pk)


def _known(period: QuotaPeriod) -> Raw | None:
    """What was charged for it already: Stripe forgets its idempotency keys, and keeps its items."""
    with client.asking() as stripe:
        page = stripe.v1.invoice_items.list({"customer": period.subscription.stripe_customer, "limit": 100})
        for item in client.listed(page, most=client.MOST_LISTED):
            if (item.get("metadata") or {}).get("candor_period") == str(period.pk):
                return item
    return None


def _charge(period: QuotaPeriod, beyond: int, price_usd: Decimal) -> Raw:
    held = period.subscription
    text = ngettext(
        "%(count)d interview beyond the included, at %(price)s dollars",
        "%(count)d interviews beyond the included, %(price)s dollars each",
        beyond,
    )
    wish: Any = {
        "customer": held.stripe_customer,
        "amount": int(beyond * price_usd * 100),
        "currency": client.CURRENCY,
        "description": text % {"count": beyond, "price": price_usd},
        "period": {"start": int(period.period_start.timestamp()), "end": int(period.period_end.timestamp())},
        "metadata": {"candor_period": str(period.pk)},
    }
    if held.status != Subscription.Status.CANCELLED:
        wish["subscription"] = held.stripe_subscription
    with client.asking() as stripe:
        return client.plain(stripe.v1.invoice_items.create(wish, {"idempotency_key": f"candor:overage:{period.pk}"}))


def _invoice(period: QuotaPeriod) -> None:
    final: Any = {"customer": period.subscription.stripe_customer, "auto_advance": True}
    final["pending_invoice_items_behavior"] = "include"
    with client.asking() as stripe:
        stripe.v1.invoices.create(final, {"idempotency_key": f"candor:overage-invoice:{period.pk}"})
