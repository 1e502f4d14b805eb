"""The tenant is removed: nobody may go on paying for it, and what Stripe told of it goes."""

from billing.models import StripeEvent, Subscription
from billing.services.stripe import client
from tenants.models import Tenant


def leave(tenant: Tenant) -> None:
    """End the tenant's subscription at Stripe and forget the contents of its messages; again changes nothing.

    :raises client.Unavailable: the removal waits: better late than paid for on and on.
    """
    held = Subscription.objects.filter(tenant=tenant).exclude(stripe_subscription="").first()
    if held is not None and client.is_on():
        try:
            with client.asking() as stripe:
                stripe.v1.subscriptions.cancel(held.stripe_subscription)
        except client.Refused:
            pass  # over already
    StripeEvent.objects.filter(subscription__tenant=tenant).update(payload={})
