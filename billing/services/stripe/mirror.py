"""A tenant's subscription as Stripe has it now, copied into ours. Which event led here, and when, does not matter.

A look is numbered before Stripe is asked and copied under the subscription's lock, unless a later look was copied
already: what changed since then brings an event of its own, and that one looks later still.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import F

from billing.models import Subscription
from billing.services import plan_changes, subscriptions
from billing.services.stripe import client, following, shapes
from billing.services.stripe.shapes import Odd, Raw
from core import audit


def copy_subscription(*, subscription_id: UUID) -> bool:
    """Make ours what Stripe's is now.

    :returns: whether anything was other than before.
    :raises Odd: for what Candor never sells; client.Unavailable: with nothing copied.
    """
    look, held = _next_look(subscription_id)
    if not held.stripe_customer:
        return False
    found = _found(held.stripe_customer)
    one = shapes.the_one(found)
    if one is None:
        return False
    ours = next((raw for raw in found if raw["id"] == held.stripe_subscription), one)
    both = {raw["id"]: raw for raw in (ours, one)}.values()
    begun = {raw["id"] for raw in both if _has_begun(held, raw)}
    try:
        changed = _copy(subscription_id, look, [shapes.subscription(raw) for raw in both], begun)
    except following.PaidTwice:
        _end_second(held, one)
        raise
    if len(shapes.living(found)) > 1:
        raise Odd("two_subscriptions")  # the older one is ours; somebody must give the other's money back
    _require_price(subscription_id, shapes.subscription(ours))
    if changed:
        _require_fits(subscription_id)
    return changed


def _require_fits(subscription_id: UUID) -> None:
    """A page of Stripe's may be paid on a day after it was opened, and the staff changes prices there.

    :raises Odd: if the tenant uses more than it pays for: the copy stands, nothing more of it begins, and somebody of
        the staff must talk to the tenant.
    """
    held = Subscription.objects.select_related("plan").get(pk=subscription_id)
    if held.status in Subscription.SERVED and plan_changes.reasons_against(held.plan, plan_changes.in_use()):
        raise Odd("beyond_the_plan")


def _require_price(subscription_id: UUID, bought: shapes.Bought) -> None:
    """:raises Odd: if Stripe takes another sum than the plan says: the copy stands, and somebody must look."""
    held = Subscription.objects.select_related("plan", "next_plan").get(pk=subscription_id)
    plan = next((one for one in (held.plan, held.next_plan) if one and one.stripe_price == bought.price), None)
    if plan is None or held.stripe_subscription != bought.id:
        return
    if not bought.monthly or bought.costs_usd not in (None, plan.price_usd):
        raise Odd("price_differs")


def _end_second(held: Subscription, raw: Raw) -> None:
    """No further month by card of a tenant that pays by invoice. What was paid is shown among its invoices, and given
    back by the staff. Only what came of our own checkout: what somebody made at Stripe is theirs to end."""
    told = raw.get("metadata") or {}
    if told.get("candor_subscription") != str(held.pk) or raw["status"] not in shapes.LIVE:
        return
    audit.record("subscription.second_ended", held, stripe_subscription=raw["id"])
    with client.asking() as stripe:
        stripe.v1.subscriptions.cancel(raw["id"])


def bind(*, subscription_id: UUID, customer: str) -> None:
    """This is the tenant's customer at Stripe.

    :raises Odd: if the tenant is another customer already.
    """
    free = Subscription.objects.filter(pk=subscription_id, stripe_customer="")
    if free.update(stripe_customer=customer) == 1:
        return
    if Subscription.objects.get(pk=subscription_id).stripe_customer != customer:
        raise Odd("customer")


def _next_look(subscription_id: UUID) -> tuple[int, Subscription]:
    Subscription.objects.filter(pk=subscription_id).update(stripe_looks=F("stripe_looks") + 1)
    held = Subscription.objects.get(pk=subscription_id)
    return held.stripe_looks, held


def _found(customer: str) -> list[Raw]:
    with client.asking() as stripe:
        page = stripe.v1.subscriptions.list({"customer": customer, "status": "all", "limit": client.MOST_LISTED})
        return list(client.listed(page))


def _has_begun(held: Subscription, raw: Raw) -> bool:
    """Whether it was ever paid for: one that ended before anybody heard of it may have been, or not."""
    if raw["status"] in shapes.LIVE or raw["id"] == held.stripe_subscription:
        return True
    if raw["status"] != "canceled":
        return False
    with client.asking() as stripe:
        page = stripe.v1.invoices.list({"subscription": raw["id"], "limit": client.MOST_LISTED})
        return any(invoice["status"] == "paid" for invoice in client.listed(page))


@transaction.atomic
def _copy(subscription_id: UUID, look: int, bought: list[shapes.Bought], begun: set[str]) -> bool:
    held = subscriptions.locked(subscription_id)
    if look <= held.stripe_seen:
        return False
    before = _told(held)
    for one in bought:
        following.follow(held, one, begun=one.id in begun)
        held = subscriptions.locked(subscription_id)
    Subscription.objects.filter(pk=held.pk).update(stripe_seen=look)
    changed = _told(held) != before
    if changed:
        audit.record("subscription.followed_stripe", held, status=held.status, plan=held.plan_id)
    return changed


def _told(held: Subscription) -> tuple[object, ...]:
    """What a subscription says of itself, and when its last period ends."""
    last = held.periods.first()
    return (
        *(held.status, held.plan_id, held.next_plan_id, held.collection, held.anchor_at),
        *(held.cancels_at, held.stripe_subscription, last and last.period_end),
    )
