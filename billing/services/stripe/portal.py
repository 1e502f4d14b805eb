"""To Stripe's customer portal: cards, addresses, tax ids and invoices are kept there."""

from accounts.models import User
from accounts.roles import Permission
from billing.models import Subscription
from billing.services.stripe import checkout, client
from billing.services.subscriptions import NotNow
from core import audit, tenancy


def open(*, by: User) -> str:
    """The address of Stripe's page for this tenant; it is good once, and for minutes.

    :raises NotNow: if the tenant never paid by card. :raises client.Off, client.Unavailable, client.Refused: see there.
    """
    by.require(Permission.MANAGE_BILLING)
    held = Subscription.objects.get(tenant_id=tenancy.tenant_id())
    if client.is_on() and not held.stripe_subscription:
        raise NotNow(held.get_status_display())
    with client.asking() as stripe:
        made = stripe.v1.billing_portal.sessions.create(
            {"customer": held.stripe_customer, "return_url": checkout.back()}
        )
    audit.record("subscription.portal_opened", held)
    return checkout.checked(made.url)
