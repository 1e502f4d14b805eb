"""What a tenant's people change of a plan that is paid by card: asked of Stripe, then copied from it.

Stripe reckons the money (its proration), we the interviews. The price changes at Stripe at once in either case; for a
change at the renewal it does so without a proration, and the metadata say from when it counts: should we stop between
the question and the copy, the mirror still reads what was meant.
"""

from contextlib import suppress
from typing import Any

from accounts.models import User
from accounts.roles import Permission
from billing.models import Plan, Subscription
from billing.services import plan_changes, subscriptions
from billing.services.stripe import claim, client, following, mirror, shapes
from billing.services.stripe.checkout import NotByCard
from billing.services.stripe.following import AT_RENEWAL, CARD, NOW
from billing.services.stripe.shapes import Bought
from billing.services.subscriptions import EndsAlready, NotNow
from core import audit, clock, tenancy

UNCHARGED = {"proration_behavior": "none"}
# always_invoice: the difference is charged now. error_if_incomplete: a declined card leaves all as it was.
CHARGED: dict[str, Any] = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}


def change_now(*, by: User, code: str, shown: str) -> Subscription:
    """Another plan from this instant, by card or by invoice: whichever way this tenant pays.

    :raises plan_changes.ChangedMeanwhile, plan_changes.LargerOnly, plan_changes.BelowUse, NotNow, plans.UnknownPlan,
        NotByCard, client.Declined, client.Unavailable, client.Refused, claim.Busy: with nothing changed.
    """
    held = _own(by)
    if held.collection != CARD:
        return plan_changes.change_now(subscription_id=held.pk, code=code, shown=shown)
    with claim.taken(held.pk) as held:
        plan = plan_changes.may_change_now(subscription_id=held.pk, code=code, shown=shown)
        _require_prices(held.plan, plan)
        _switch(held, plan)
    return _copied(held)


def change_at_renewal(*, by: User, code: str, shown: str) -> Subscription:
    """Another plan from the next month on, by card or by invoice; choosing the present one takes such a wish back.

    :raises: as `change_now`, but for LargerOnly and Declined.
    """
    held = _own(by)
    if held.collection != CARD:
        return plan_changes.change_at_renewal(subscription_id=held.pk, code=code, shown=shown)
    with claim.taken(held.pk) as held:
        plan = plan_changes.may_change_at_renewal(subscription_id=held.pk, code=code, shown=shown)
        _require_prices(plan)
        now = _at_stripe(held)
        _wish(held, now)
        audit.record("subscription.asked_stripe", held, what="plan", plan=plan.pk, when=AT_RENEWAL)
        _set_price(held, now, plan, AT_RENEWAL, UNCHARGED)
    return _copied(held)


def cancel_at_end(*, by: User) -> Subscription:
    """No further month, by card or by invoice.

    :raises EndsAlready, NotNow, claim.Busy, client.Unavailable, client.Refused: with nothing changed.
    """
    held = _own(by)
    if held.collection != CARD:
        return subscriptions.cancel_at_end(subscription_id=held.pk)
    if held.cancels_at is not None:
        raise EndsAlready(held.get_status_display())
    return _cancelling(held, at_end=True)


def keep(*, by: User) -> Subscription:
    """Take the cancellation back, by card or by invoice. :raises: as `cancel_at_end`."""
    held = _own(by)
    if held.collection != CARD:
        return subscriptions.keep(subscription_id=held.pk)
    if held.cancels_at is None:
        raise NotNow(held.get_status_display())
    return _cancelling(held, at_end=False)


def _cancelling(held: Subscription, *, at_end: bool) -> Subscription:
    if held.status not in Subscription.SERVED:
        raise NotNow(held.get_status_display())
    with claim.taken(held.pk):
        audit.record("subscription.asked_stripe", held, what="cancel" if at_end else "keep")
        # Stripe may hold either; one of them is said at a time.
        wish: Any = {"cancel_at_period_end": True} if at_end else _not_at_end(held)
        with client.asking() as stripe:
            stripe.v1.subscriptions.update(held.stripe_subscription, wish)
    return _copied(held)


def _not_at_end(held: Subscription) -> dict[str, Any]:
    with client.asking() as stripe:
        raw = client.plain(stripe.v1.subscriptions.retrieve(held.stripe_subscription))
    return {"cancel_at_period_end": False} if raw.get("cancel_at_period_end") else {"cancel_at": ""}


def _own(by: User) -> Subscription:
    by.require(Permission.MANAGE_BILLING)
    return Subscription.objects.get(tenant_id=tenancy.tenant_id())


def _switch(held: Subscription, plan: Plan) -> None:
    """The new price from this instant, and the difference on an invoice of its own.

    A wish for the renewal is the price at Stripe already: from there nothing would be charged, or another sum given
    back. So the price that was paid for is set back first, and the wish again should the card be declined.
    """
    now = _at_stripe(held)
    if following.told(now, plan, NOW) and now.price == plan.stripe_price:
        return  # asked for before, and the answer got lost: nobody is charged twice
    waits = _wish(held, now)
    audit.record("subscription.asked_stripe", held, what="plan", plan=plan.pk, when=NOW)
    if waits is not None:
        _set_price(held, now, held.plan, NOW, UNCHARGED)
    try:
        _set_price(held, now, plan, NOW, CHARGED | {"proration_date": int(clock.now().timestamp())})
    except (client.Declined, client.Refused):
        if waits is not None:
            _set_price(held, now, waits, AT_RENEWAL, UNCHARGED)
        raise


def _wish(held: Subscription, now: Bought) -> Plan | None:
    """The plan that waits for the renewal, where Stripe has its price already.

    :raises plan_changes.ChangedMeanwhile: if it has another price than we know of; that one is copied.
    """
    if now.price == held.plan.stripe_price:
        return None
    plan = held.next_plan
    if plan is None or plan.stripe_price != now.price or not following.waits_for_renewal(now, plan):
        _copied(held)
        raise plan_changes.ChangedMeanwhile
    return plan


def _set_price(held: Subscription, now: Bought, plan: Plan, when: str, more: dict[str, Any]) -> None:
    told = {"candor_plan": plan.pk, "candor_from": str(int(now.end.timestamp())), "candor_when": when}
    wish: Any = {"items": [{"id": now.item, "price": plan.stripe_price}], "metadata": told} | more
    with client.asking() as stripe:
        stripe.v1.subscriptions.update(held.stripe_subscription, wish)


def _at_stripe(held: Subscription) -> Bought:
    with client.asking() as stripe:
        return _bought(client.plain(stripe.v1.subscriptions.retrieve(held.stripe_subscription)))


def _require_prices(*plans: Plan) -> None:
    for plan in plans:
        if not plan.stripe_price:
            raise NotByCard(plan.pk)


def _bought(raw: dict[str, Any]) -> Bought:
    """:raises NotNow: if it is over at Stripe, or odd."""
    try:
        found = shapes.subscription(raw)
    except shapes.Odd as error:
        raise NotNow(str(error)) from error
    if found.status not in shapes.LIVE:
        raise NotNow(found.status)
    return found


def _copied(held: Subscription) -> Subscription:
    """As it is after Stripe agreed. Where the copy doesn't come now, Stripe's event brings it."""
    with suppress(client.Unavailable, shapes.Odd):
        mirror.copy_subscription(subscription_id=held.pk)
    return Subscription.objects.get(pk=held.pk)
