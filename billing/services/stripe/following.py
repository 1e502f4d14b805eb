"""What Stripe's subscription means for ours: begun, plan, months, cancellation, payment, end.

The caller's transaction holds the row. Everything is derived from what Stripe has now and what we have now, so that
doing it again, or hearing of several changes at once, comes to the same.

Months: ours are counted in UTC from Stripe's own anchor by the same rule (months.month_of), so that a renewal needs no
message: whoever asks first after its instant opens it, and Stripe's message, whenever it comes, finds it open.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from billing.models import Plan, Subscription
from billing.services import announcing, dunning, periods, plan_changes, standing, subscriptions
from billing.services.stripe.shapes import LIVE, OVER, Bought, Odd
from core import audit, clock, due

Status = Subscription.Status
CARD = Subscription.Collection.STRIPE
UNPAID = frozenset({"past_due", "unpaid"})
PAID = frozenset({"active", "trialing"})  # of one that was begun: the staff gave it time by a trial at Stripe
AT_RENEWAL = "renewal"  # metadata: the price was changed for the next month, not for this one
NOW = "now"  # metadata: the difference for the rest of this month is charged


class PaidTwice(Odd):
    """The tenant pays by invoice, and by card too: its page of Stripe's was paid on after all."""


def follow(held: Subscription, bought: Bought, *, begun: bool) -> None:
    """Make ours what this one is.

    :param begun: whether it was ever paid for; else there is nothing to follow.
    :raises PaidTwice, Odd: if ours is in no state that Stripe's can be.
    """
    if not begun:
        return
    if _by_invoice(held):
        if bought.status == OVER:
            return  # what came after it is paid by invoice
        raise PaidTwice("paid_by_invoice")
    if held.stripe_subscription != bought.id:
        held = _begin(held, bought)
    if held.collection != CARD and bought.status == OVER:
        return
    if held.collection != CARD:
        raise Odd("paid_by_invoice")
    _follow_plan(held, bought)
    _follow_payment(held, bought)
    _follow_cancellation(held, bought)
    _follow_months(held, bought)
    held.refresh_from_db()
    if bought.status == OVER:
        _end(held, bought.cancels_at)


def _by_invoice(held: Subscription) -> bool:
    """Whether an invoice is paid, or owed, for what goes on."""
    return held.collection != CARD and (held.status == Status.ACTIVE or held.past_due_since is not None)


def _begin(held: Subscription, bought: Bought) -> Subscription:
    """The first that we hear of it: paid from its anchor on."""
    if held.collection == CARD and held.stripe_subscription:
        _end(held, bought.anchor_at)  # another one took its place
    try:
        begun = subscriptions.activate(
            subscription_id=held.pk,
            collection=CARD,
            since=min(bought.anchor_at, bought.start),
            until=bought.cancels_at,
            plan=_plan(held, bought.price),
        )
    except subscriptions.NotNow as error:
        raise Odd("not_in_this_state") from error
    begun.stripe_subscription = bought.id
    begun.save(update_fields=["stripe_subscription"])
    due.owe("stripe_check", held.pk, after=timedelta(days=1))
    return begun


def _end(held: Subscription, at: datetime | None) -> None:
    """It is over, and so is what Stripe tried to collect for it: whoever wants to may begin anew."""
    if held.status != Status.CANCELLED:
        last = held.periods.first()
        if last is not None:
            periods.cut(held, at if at and at > last.period_start else clock.now())
            last.refresh_from_db()
            periods.owe_close(held, last)
        standing.cancel(held)
    if held.stopped_by_staff_at is None:  # else nobody begins anew before the staff says so
        held.past_due_since = held.grace_ends_at = None
        held.save(update_fields=["past_due_since", "grace_ends_at"])


def _plan(held: Subscription, price: str) -> Plan:
    """The plan that Stripe sells by this price: the one in force, the one chosen, else the newest of it.

    :raises Odd: if no plan has it, or it is another tenant's contract.
    """
    for known in (held.plan, held.next_plan):
        if known is not None and known.stripe_price == price:
            return known
    sold = Plan.objects.filter(Q(tenant=None) | Q(tenant=held.tenant_id), stripe_price=price)
    found = sold.order_by("tenant", "version").first() if price else None
    if found is None:
        raise Odd("price")
    return found


def _follow_plan(held: Subscription, bought: Bought) -> None:
    """A price that was changed for the renewal waits for it; any other counts from now on."""
    plan = _plan(held, bought.price)
    if plan == held.plan:
        waits = None
    elif waits_for_renewal(bought, plan) or (plan == held.next_plan and not told(bought, plan, NOW)):
        waits = plan
    else:
        plan_changes.follow(held, plan)
        return
    if waits != held.next_plan:
        held.next_plan = waits
        held.save(update_fields=["next_plan"])
        audit.record("subscription.plan_chosen", held, plan=plan.pk, at="renewal")


def waits_for_renewal(bought: Bought, plan: Plan) -> bool:
    """Whether the price is this plan's for a month to come: nothing was charged by it so far."""
    since = bought.metadata.get("candor_from", "0")
    return told(bought, plan, AT_RENEWAL) and since.isdecimal() and bought.start.timestamp() < int(since)


def told(bought: Bought, plan: Plan, when: str) -> bool:
    """Whether Candor asked last for this plan, from then on: now or at the renewal."""
    last = bought.metadata
    return last.get("candor_when") == when and last.get("candor_plan") == plan.pk


def _follow_payment(held: Subscription, bought: Bought) -> None:
    if bought.status in UNPAID:
        dunning.payment_failed(held, why="card")
    elif bought.status in PAID and held.status in (Status.PAST_DUE, Status.READ_ONLY):
        dunning.paid(held, by_card=True)
    elif held.stopped_by_staff_at is not None:
        return  # the staff's word counts, whatever was paid
    elif bought.status in PAID and held.status == Status.CANCELLED and _goes_on(bought):
        standing.recover(held, why="stripe")  # the end that we waited for was taken back


def _goes_on(bought: Bought) -> bool:
    return bought.cancels_at is None or bought.cancels_at > clock.now()


def _follow_cancellation(held: Subscription, bought: Bought) -> None:
    if bought.status not in (*LIVE, *PAID, OVER) or bought.cancels_at == held.cancels_at:
        return
    held.cancels_at = bought.cancels_at
    held.save(update_fields=["cancels_at"])
    if bought.status == OVER or held.status == Status.CANCELLED:
        return
    if held.cancels_at is None:
        audit.record("subscription.cancellation_taken_back", held, plan=held.next_plan_id or held.plan_id)
    else:
        audit.record("subscription.cancellation_asked", held, ends=held.cancels_at.isoformat())
        announcing.cancelled(held)


def _follow_months(held: Subscription, bought: Bought) -> None:
    """Count from Stripe's anchor, and let the month that runs end where Stripe's does. One paid month is one period."""
    if (held.anchor_at, held.zone) != (bought.anchor_at, "UTC"):
        held.anchor_at, held.zone = bought.anchor_at, "UTC"
        held.save(update_fields=["anchor_at", "zone"])
    if bought.status in LIVE | PAID and held.status in Subscription.SERVED:
        _fit(held, bought)
    periods.renew(subscription_id=held.pk)


def _fit(held: Subscription, bought: Bought) -> None:
    last = held.periods.first()
    if last is not None and last.period_start < bought.start < last.period_end:
        periods.cut(held, bought.start)  # Stripe began a month before ours was over
    elif last is not None and bought.start <= last.period_start < bought.end != last.period_end:
        last.period_end = bought.end  # Stripe moved the end of this one
        last.save(update_fields=["period_end"])
