"""The periods of a subscription: a trial, then month after month without a gap.

A period opens when the one before it is over: by the due row that waits for its end, or by the first interview that
asks, whichever comes first. Opening is where a plan chosen for the renewal begins and where a cancellation ends.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from billing.models import InvoiceLine, Plan, QuotaPeriod, Subscription
from billing.services import charges, room, standing
from billing.services.months import end_after, month_of
from core import audit, clock, due, tenancy

Status = Subscription.Status
TRIAL_ENDS, TRIAL_TOLD = "trial_ends", timedelta(days=3)  # due kind, and how long before the first mail
CLOSES_AFTER = timedelta(hours=25)  # a reservation is released a day after its start, if nobody answered


class NoPeriod(Exception):
    """No interview can start: the trial is over, or the plan was cancelled or is not paid for."""


def current() -> QuotaPeriod:
    """The current tenant's period that contains this instant, opened if nobody did so far.

    :raises NoPeriod: if the subscription starts no interviews.
    """
    held = Subscription.objects.select_related("plan").get(tenant_id=tenancy.tenant_id())
    if held.status not in Subscription.SERVED:
        raise NoPeriod(held.get_status_display())
    found = _at_this_instant(held)
    if found is None:
        renew(subscription_id=held.pk)
        found = _at_this_instant(held)
    if found is None:
        raise NoPeriod(Subscription.objects.get(pk=held.pk).get_status_display())
    return found


def newest() -> QuotaPeriod | None:
    """The current tenant's current period, or the last one that it had."""
    try:
        return current()
    except NoPeriod:
        had = QuotaPeriod.objects.filter(subscription__tenant_id=tenancy.tenant_id())
        return had.select_related("subscription__plan").first()


def _at_this_instant(held: Subscription) -> QuotaPeriod | None:
    """The first that is not over: a clock behind the one that opened it is in none, and nobody is refused for that."""
    return held.periods.filter(period_end__gt=clock.now()).order_by("period_start").first()


@transaction.atomic
def renew(*, subscription_id: UUID) -> None:
    """Open every period that began since the last one; in each the month is charged. Again changes nothing."""
    held = Subscription.objects.select_for_update(no_key=True).get(pk=subscription_id)
    last, now = held.periods.first(), clock.now()
    before = last
    while held.status in Subscription.SERVED and (last is None or last.period_end <= now):
        if last is not None:
            owe_close(held, last)  # of the last one too: what was used beyond it is owed
        if last is not None and not _goes_on(held, last):
            break
        start = last.period_end if last else max(held.anchor_at, month_of(held.anchor_at, now, held.zone)[0])
        last = open_at(held, start, _end_of(held, start))
    if last is not None and held.status in Subscription.SERVED:
        _owe(held, "renewal", held.pk, at=max(last.period_end, now + charges.AGAIN))
    else:
        _settle(held)
    if before is not None and last != before:
        room.came(held)


def _end_of(held: Subscription, start: datetime) -> datetime:
    """Where the period that begins at `start` ends: what stood still before the anchor is no part of a month."""
    end = end_after(held.anchor_at, start, held.zone)
    return held.anchor_at if start < held.anchor_at < end else end


def _goes_on(held: Subscription, last: QuotaPeriod) -> bool:
    """What begins or ends with the end of `last`: whether another period follows."""
    if held.status == Status.TRIALING:
        standing.stop(held, why="trial")
        return False
    if held.cancels_at is not None and held.cancels_at <= last.period_end:
        standing.cancel(held)
        return False
    if held.tenant.closes_at is not None and held.collection == Subscription.Collection.INVOICE:
        return False  # no interview begins any more: a month of that is charged once the tenant stays after all
    chosen = held.next_plan
    if chosen is not None and not _waits_for_payment(held, chosen):
        audit.record("subscription.plan_changed", held, before=held.plan_id, plan=chosen.pk, at="renewal")
        held.plan, held.next_plan = chosen, None
        held.overage_limit = min(held.overage_limit, held.plan.most_overage)
        held.save(update_fields=["plan", "next_plan", "overage_limit"])
    return True


def _waits_for_payment(held: Subscription, chosen: Plan) -> bool:
    """Nothing larger begins on credit while an invoice is overdue: it begins with the first period after."""
    late = held.status == Status.PAST_DUE and held.collection == Subscription.Collection.INVOICE
    return late and chosen.price_usd > held.plan.price_usd


def open_at(held: Subscription, start: datetime, end: datetime) -> QuotaPeriod:
    """Open the period [start, end) of a subscription that the caller locked, and charge its plan."""
    plan = held.plan
    period = QuotaPeriod.objects.create(
        subscription=held,
        plan=plan,
        period_start=start,
        period_end=end,
        included=plan.interviews_a_month,
        overage_allowed=held.overage_limit,
    )
    if start >= held.billed_since:
        charges.charge(
            held,
            kind=InvoiceLine.Kind.PLAN,
            text=str(plan),
            unit_price_usd=plan.price_usd,
            amount_usd=plan.price_usd,
            period=period,
            key=f"plan:{period.pk}",
        )
    return period


def open_trial(held: Subscription) -> QuotaPeriod:
    """The days in which a new tenant tries its plan; nothing is charged."""
    assert held.trial_ends_at is not None
    period = QuotaPeriod.objects.create(
        subscription=held,
        plan=held.plan,
        is_trial=True,
        period_start=held.anchor_at,
        period_end=held.trial_ends_at,
        included=held.plan.trial_interviews,
    )
    owe_renewal(held)
    return period


def begin(held: Subscription, at: datetime) -> QuotaPeriod:
    """The first month that is paid for, from `at`: what ran until then ends there. The caller locked the subscription.

    Who hears late of a payment may have opened a month since: that month is the paid one then, never another.
    """
    newest = held.periods.first()
    if newest is not None and newest.period_start >= at:
        newest.period_end = month_of(held.anchor_at, newest.period_start, held.zone)[1]
        newest.plan = held.plan
        newest.save(update_fields=["period_end", "plan"])
        return newest
    cut(held, at)
    if newest is not None and not newest.is_trial:
        owe_close(held, newest)
    return open_at(held, at, month_of(held.anchor_at, at, held.zone)[1])


def owe_close(held: Subscription, period: QuotaPeriod) -> None:
    """Have the overage of a period that is over charged."""
    _owe(held, "period_close", period.pk, at=period.period_end + CLOSES_AFTER)


def cut(held: Subscription, at: datetime) -> None:
    """End the period that `at` is in now: another one begins. What it reserved still counts for it."""
    held.periods.filter(period_start__lt=at, period_end__gt=at).update(period_end=at)


def owe_renewal(held: Subscription) -> None:
    """Have somebody look at the subscription when its trial ends, and tell the tenant before."""
    assert held.trial_ends_at is not None
    _owe(held, "renewal", held.pk, at=held.trial_ends_at)
    _owe(held, TRIAL_ENDS, held.pk, at=held.trial_ends_at - TRIAL_TOLD)


def _owe(held: Subscription, kind: str, object_id: UUID, *, at: datetime) -> None:
    with tenancy.enter(held.tenant.schema_name):
        due.owe(kind, object_id, after=max(timedelta(0), at - clock.now()))


def _settle(held: Subscription) -> None:
    with tenancy.enter(held.tenant.schema_name):
        due.settle("renewal", held.pk)
