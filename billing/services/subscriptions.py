"""The life of a subscription: begun by the set-up of a tenant, tried, paid for, cancelled, taken up again."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.models import InvoiceLine, Plan, QuotaPeriod, Subscription
from billing.services import announcing, periods, plans, room, sellers
from core import audit, clock, state
from core.state import TransitionNotAllowed
from tenants.models import Tenant
from tenants.services import reading_only, signup

Status = Subscription.Status


class NotNow(Exception):
    """The subscription is not in a state that allows this; look at it again."""


class EndsAlready(NotNow):
    """It was cancelled for the end of the period before."""


def subscribe_new_tenant(tenant: Tenant) -> None:
    """Give a tenant that is being set up its plan: to try, if it signed up by itself; else at once, by invoice.

    :raises plans.UnknownPlan: if there is no such plan.
    """
    plans.load()
    sellers.current()
    if Subscription.objects.filter(tenant=tenant).exists():
        return
    plan, now = plans.newest(tenant.plan_code), clock.now()
    held = Subscription(tenant=tenant, plan=plan, anchor_at=now, billed_since=now)
    if signup.signed_up(tenant):
        held.status, held.trial_ends_at = Status.TRIALING, now + timedelta(days=plan.trial_days)
    with transaction.atomic():
        held.save()
        if held.status == Status.TRIALING:
            periods.open_trial(held)
        else:
            periods.renew(subscription_id=held.pk)


def drop_unused_subscription(tenant: Tenant) -> None:
    """Undo `subscribe_new_tenant`, for a tenant whose set-up failed.

    :raises django.db.models.ProtectedError: if anything was used.
    """
    held = Subscription.objects.filter(tenant=tenant)
    with transaction.atomic():
        InvoiceLine.objects.filter(subscription__in=held, invoice=None).delete()
        QuotaPeriod.objects.filter(subscription__in=held).delete()
        held.delete()


@transaction.atomic
def activate(
    *,
    subscription_id: UUID,
    collection: Subscription.Collection,
    since: datetime | None = None,
    until: datetime | None = None,
    plan: Plan | None = None,
) -> Subscription:
    """The tenant pays from now on: its months are counted from this instant.

    :param since: the instant, where it is an earlier one (Stripe counts in UTC from the payment).
    :param until: the end, where it is known already.
    :param plan: another plan, chosen with the payment.
    :raises NotNow: unless it is on trial, after its trial, or cancelled.
    """
    held = locked(subscription_id)
    if held.status == Status.ACTIVE or held.past_due_since is not None or held.stopped_by_staff_at is not None:
        raise NotNow(held.get_status_display())
    begins, plan = since or clock.now(), plan or held.plan
    fresh: dict[str, Any] = {"anchor_at": begins, "billed_since": begins, "trial_ends_at": None, "cancels_at": until}
    fresh |= {"plan": plan, "overage_limit": min(held.overage_limit, plan.most_overage)}
    fresh |= {"zone": "UTC"} if since else {}
    try:
        state.move(held, Status.ACTIVE, collection=collection, **fresh)
    except TransitionNotAllowed as error:
        raise NotNow(held.get_status_display()) from error
    reading_only.end(held.tenant)
    periods.begin(held, begins)
    periods.renew(subscription_id=held.pk)
    room.came(held)
    audit.record("subscription.activated", held, plan=held.plan_id, collection=collection.value)
    return held


@transaction.atomic
def cancel_at_end(*, subscription_id: UUID) -> Subscription:
    """No further period: the current one runs to its end, then everything can be read and taken along.

    A plan chosen for the renewal stays chosen: it begins if the cancellation is taken back.

    :raises EndsAlready: if that was asked for before. :raises NotNow: if it starts nothing anyway.
    """
    held = locked(subscription_id)
    period = held.periods.first()
    if held.status not in Subscription.SERVED or period is None:
        raise NotNow(held.get_status_display())
    if held.cancels_at is not None:
        raise EndsAlready(held.get_status_display())
    held.cancels_at = period.period_end
    held.save(update_fields=["cancels_at"])
    audit.record("subscription.cancellation_asked", held, ends=held.cancels_at.isoformat())
    announcing.cancelled(held)
    return held


@transaction.atomic
def keep(*, subscription_id: UUID) -> Subscription:
    """Take the cancellation back, while the last period runs; a plan chosen for the renewal counts again.

    :raises NotNow: if none was asked for, or it is over.
    """
    held = locked(subscription_id)
    if held.status not in Subscription.SERVED or held.cancels_at is None:
        raise NotNow(held.get_status_display())
    held.cancels_at = None
    held.save(update_fields=["cancels_at"])
    audit.record("subscription.cancellation_taken_back", held, plan=held.next_plan_id or held.plan_id)
    return held


def locked(subscription_id: UUID) -> Subscription:
    """The subscription, held until the transaction ends: of two people who change it, one waits for the other.

    Without its key: an interview that starts names it at its commit while it holds the period, which whoever holds the
    subscription asks for next. With the key each would wait for the other.
    """
    # Alone: PostgreSQL does not look at a join again after waiting, so a plan that changed meanwhile would find no row.
    Subscription.objects.select_for_update(no_key=True).get(pk=subscription_id)
    return Subscription.objects.select_related("tenant", "plan").get(pk=subscription_id)
