"""The tenant as Stripe's customer: made once, and its company, address and tax id copied from there."""

from uuid import UUID

from billing.models import BillingDetails, Subscription
from billing.services.stripe import client, mirror, shapes
from billing.services.stripe.shapes import Raw

LONGEST = {"postal_code": 20, "city": 100, "country": 2, "tax_id": 30}


def ensure(held: Subscription) -> str:
    """The id of the tenant's customer at Stripe, made if there is none. The caller holds the claim.

    Name, address and tax id are typed at Stripe; what is sent never differs, so that the same key may be sent again.
    """
    if held.stripe_customer:
        return held.stripe_customer
    schema = held.tenant.schema_name
    with client.asking() as stripe:
        made = stripe.v1.customers.create(
            {"description": schema, "metadata": {"candor_subscription": str(held.pk), "candor_tenant": schema}},
            {"idempotency_key": f"candor:customer:{held.pk}"},
        )
    mirror.bind(subscription_id=held.pk, customer=made.id)
    return made.id


def copy_customer(*, subscription_id: UUID) -> bool:
    """Copy to whom Stripe makes its invoices out. :returns: whether that changed.

    :raises client.Unavailable: with nothing copied.
    """
    held = Subscription.objects.get(pk=subscription_id)
    if not held.stripe_customer or held.collection != Subscription.Collection.STRIPE:
        return False
    with client.asking() as stripe:
        raw = client.plain(stripe.v1.customers.retrieve(held.stripe_customer, {"expand": ["tax_ids"]}))
    if raw.get("deleted"):
        return False
    shapes.same_mode(raw)
    wanted = _details(raw)
    known = BillingDetails.objects.filter(subscription=held).first()
    if known is not None and all(getattr(known, name) == value for name, value in wanted.items()):
        return False
    BillingDetails.objects.update_or_create(subscription=held, defaults=wanted)
    return True


def _details(raw: Raw) -> dict[str, str]:
    where = raw.get("address") or {}
    tax_ids = (raw.get("tax_ids") or {}).get("data") or [{}]
    found = {
        "company": raw.get("business_name") or raw.get("name"),
        "line1": where.get("line1"),
        "line2": where.get("line2"),
        "postal_code": where.get("postal_code"),
        "city": where.get("city"),
        "country": where.get("country"),
        "tax_id": tax_ids[0].get("value"),
        "email": raw.get("email"),
    }
    # As much as the narrowest column of its kind holds: a longer one is cut, not refused with all the rest.
    return {name: (value or "")[: LONGEST.get(name, 200)] for name, value in found.items()}
