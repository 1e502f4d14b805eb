"""What the people of a tenant do with its own subscription; each act asks whether this person may."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from billing.models import BillingDetails, Subscription
from billing.services import billing_details, credit, granting, plan_changes, plans, subscriptions
from billing.services.stripe import changes, checkout
from core import tenancy

Collection = Subscription.Collection


class NoDetails(Exception):
    """An invoice needs somebody to whom it is made out: fill in the billing details first."""


def change_now(*, by: User, code: str, shown: str) -> Subscription:
    """A larger plan from this instant, whichever way this tenant pays.

    :raises credit.AskUs, subscriptions.NotNow: by invoice, for more than it gets on credit, or while one is overdue.
    :raises: what `changes.change_now` refuses.
    """
    with _on_credit(_mine(by), code, shown):
        return changes.change_now(by=by, code=code, shown=shown)


def change_at_renewal(*, by: User, code: str, shown: str) -> Subscription:
    """Another plan from the next period on; the present one takes the wish back. On trial: at once.

    :raises: as `change_now`, but nothing for a smaller plan.
    """
    with _on_credit(_mine(by), code, shown):
        return changes.change_at_renewal(by=by, code=code, shown=shown)


def start_by_invoice(*, by: User, code: str, shown: str) -> Subscription:
    """Pay for this plan from now on, by invoice: on trial, after it, or again after a cancellation.

    :raises NoDetails: without billing details. :raises billing_details.BadDetails: with such as nobody checked so far.
    :raises credit.AskUs: for a plan that the platform's staff begins.
    :raises plan_changes.ChangedMeanwhile, plan_changes.BelowUse, subscriptions.NotNow, plans.UnknownPlan: see there.
    :raises claim.Busy, client.Unavailable, client.Refused: while a page of Stripe's can't be ended.
    """
    held = _mine(by)
    if not BillingDetails.objects.filter(subscription=held).exists():
        raise NoDetails
    billing_details.require_checked(held)
    with checkout.closed(held.pk), transaction.atomic():
        chosen = plan_changes.choose_unpaid(subscription_id=held.pk, code=code, shown=shown)
        credit.require(chosen, chosen.plan)
        return subscriptions.activate(subscription_id=held.pk, collection=Collection.INVOICE)


def allow_overage(*, by: User, limit: int) -> Subscription:
    """Let so many interviews a period begin beyond those included. See `granting.allow_overage`.

    :raises subscriptions.NotNow: for more than so far while a payment is overdue: they are paid for afterwards.
    """
    mine = _mine(by)
    with transaction.atomic():
        held = subscriptions.locked(mine.pk)
        if held.status == Subscription.Status.PAST_DUE and limit > held.overage_limit:
            raise subscriptions.NotNow(held.get_status_display())
        return granting.allow_overage(subscription_id=held.pk, limit=limit)


def cancel(*, by: User) -> Subscription:
    """End with the current period. See `changes.cancel_at_end`."""
    return changes.cancel_at_end(by=by)


def keep(*, by: User) -> Subscription:
    """Take the cancellation back. See `changes.keep`."""
    return changes.keep(by=by)


def save_details(*, by: User, values: dict[str, str]) -> BillingDetails:
    """To whom invoices are made out from now on. See `billing_details.save` for what is refused."""
    return billing_details.save(subscription_id=_mine(by).pk, values=values)


@contextmanager
def _on_credit(mine: Subscription, code: str, shown: str) -> Iterator[None]:
    """What happens inside is by invoice, and no more than this tenant gets on credit; by card it holds nothing."""
    if mine.collection != Collection.INVOICE:
        yield
        return
    with transaction.atomic():
        held = subscriptions.locked(mine.pk)  # a trial that somebody begins to pay for at this instant is none any more
        if held.collection != Collection.INVOICE:
            raise plan_changes.ChangedMeanwhile
        plan, tries = plans.choosable(code, held), held.status == Subscription.Status.TRIALING
        if not tries and shown == held.plan_id != plan.pk and plan.price_usd >= held.plan.price_usd:
            credit.require(held, plan)
        yield


def _mine(by: User) -> Subscription:
    by.require(Permission.MANAGE_BILLING)
    return Subscription.objects.select_related("plan", "tenant").get(tenant_id=tenancy.tenant_id())
