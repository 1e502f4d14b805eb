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
from billing.services.stripe import claim, client, mirror, shapes
from billing.services.stripe.checkout import NotByCard
from billing.services.stripe.following import AT_RENEWAL, CARD
from billing.services.stripe.shapes import Bought
from billing.services.subscriptions import NotNow
from core import audit, clock, tenancy


def change_now(*, by: User, code: str, shown: str) -> Subscription:
    """Another plan from this instant, by card or by invoice: whichever way this tenant pays.

    :raises plan_changes.ChangedMeanwhile, plan_changes.LargerOnly, plan_changes.BelowUse, NotNow, plans.UnknownPlan,
        NotByCard, client.Declined, client.Unavailable, client.Refused, claim.Busy: with nothing changed.
    """
    held = _own(by)
    if held.collection != CARD:
        return plan_changes.change_now(subscription_id=held.pk, code=code, shown=shown)
    with claim.taken(held.pk):
        plan = plan_changes.may_change_now(subscription_id=held.pk, code=code, shown=shown)
        # always_invoice: the difference is charged now. error_if_incomplete: a declined card leaves all as it was.
        more = {"proration_behavior": "always_invoice", "proration_date": int(clock.now().timestamp())}
        _set_price(held, plan, {"candor_when": "now"}, more | {"payment_behavior": "error_if_incomplete"})
    return _copied(held)


def change_at_renewal(*, by: User, code: str, shown: str) -> Subscription:
    """Another plan from the next month on, by card or by invoice; choosing the present one takes such a wish back.

    :raises: as `change_now`, but for LargerOnly and Declined.
    """
    held = _own(by)
    if held.collection != CARD:
        return plan_changes.change_at_renewal(subscription_id=held.pk, code=code, shown=shown)
    with claim.taken(held.pk):
        plan = plan_changes.may_change_at_renewal(subscription_id=held.pk, code=code, shown=shown)
        _set_price(held, plan, {"candor_when": AT_RENEWAL}, {"proration_behavior": "none"})
    return _copied(held)


def cancel_at_end(*, by: User) -> Subscription:
    """No further month, by card or by invoice.

    :raises NotNow, claim.Busy, client.Unavailable, client.Refused: with nothing changed.
    """
    held = _own(by)
    if held.collection != CARD:
        return subscriptions.cancel_at_end(subscription_id=held.pk)
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


def _set_price(held: Subscription, plan: Plan, told: dict[str, str], more: dict[str, Any]) -> None:
    if not plan.stripe_price:
        raise NotByCard(plan.pk)
    audit.record("subscription.asked_stripe", held, what="plan", plan=plan.pk, when=told["candor_when"])
    with client.asking() as stripe:
        now = _bought(client.plain(stripe.v1.subscriptions.retrieve(held.stripe_subscription)))
        told = {"candor_plan": plan.pk, "candor_from": str(int(now.end.timestamp()))} | told
        wish: Any = {"items": [{"id": now.item, "price": plan.stripe_price}], "metadata": told} | more
        stripe.v1.subscriptions.update(held.stripe_subscription, wish)


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
