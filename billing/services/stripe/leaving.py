"""The tenant is removed: what it used is charged, nobody goes on paying for it, and what Stripe told of it goes."""

from uuid import UUID

from django.db import transaction

from billing.models import QuotaUse, StripeEvent, Subscription
from billing.services import periods
from billing.services.stripe import client, overage
from billing.services.subscriptions import locked
from core import clock
from tenants.models import Tenant


def leave(tenant: Tenant) -> None:
    """End the tenant's subscription at Stripe, charge what was used beyond the included, and forget the contents of its
    messages. Nothing of it needs the tenant's schema; again changes nothing.

    :raises client.Unavailable: the removal waits: better late than paid for on and on.
    """
    held = Subscription.objects.filter(tenant=tenant).exclude(stripe_subscription="").first()
    if held is not None and client.is_on():
        _end(held)
        if held.collection == Subscription.Collection.STRIPE:
            _close_periods(held.pk)
            overage.bill_rest(held)
    StripeEvent.objects.filter(subscription__tenant=tenant).update(payload={})


def _end(held: Subscription) -> None:
    try:
        with client.asking() as stripe:
            # invoice_now: items that waited for the next invoice come on a last one.
            stripe.v1.subscriptions.cancel(held.stripe_subscription, {"invoice_now": True})
    except client.Refused:
        pass  # over already


@transaction.atomic
def _close_periods(subscription_id: UUID) -> None:
    """No interview goes on and nobody waits a day for it: what was reserved is given back."""
    held, now = locked(subscription_id), clock.now()
    periods.cut(held, now)
    for period in held.periods.select_for_update(no_key=True).filter(closed_at=None):
        QuotaUse.objects.filter(period=period, status=QuotaUse.Status.RESERVED).update(status=QuotaUse.Status.RELEASED)
        period.reserved, period.closed_at = 0, now
        period.save(update_fields=["reserved", "closed_at"])
