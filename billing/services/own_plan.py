"""What the people of a tenant do with its own subscription; each act asks whether this person may."""

from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from billing.models import BillingDetails, Subscription
from billing.services import billing_details, granting, plan_changes, plans, subscriptions
from billing.services.stripe import changes, checkout
from core import tenancy

Collection = Subscription.Collection


class NoDetails(Exception):
    """An invoice needs somebody to whom it is made out: fill in the billing details first."""


def change_now(*, by: User, code: str, shown: str) -> Subscription:
    """A larger plan from this instant, whichever way this tenant pays. See `changes.change_now` for what is refused."""
    return changes.change_now(by=by, code=code, shown=shown)


def change_at_renewal(*, by: User, code: str, shown: str) -> Subscription:
    """Another plan from the next period on; the present one takes the wish back. On trial: at once."""
    return changes.change_at_renewal(by=by, code=code, shown=shown)


def start_by_invoice(*, by: User, code: str, shown: str) -> Subscription:
    """Pay for this plan from now on, by invoice: on trial, after it, or again after a cancellation.

    :raises NoDetails: without billing details.
    :raises plan_changes.ChangedMeanwhile, plan_changes.BelowUse, subscriptions.NotNow, plans.UnknownPlan: see there.
    :raises claim.Busy, client.Unavailable, client.Refused: while a page of Stripe's can't be ended.
    """
    held = _mine(by)
    if not BillingDetails.objects.filter(subscription=held).exists():
        raise NoDetails
    with checkout.closed(held.pk), transaction.atomic():
        plan_changes.choose_unpaid(subscription_id=held.pk, code=code, shown=shown)
        return subscriptions.activate(subscription_id=held.pk, collection=Collection.INVOICE)


def allow_overage(*, by: User, limit: int) -> Subscription:
    """Let so many interviews a period begin beyond those included. See `granting.allow_overage`."""
    return granting.allow_overage(subscription_id=_mine(by).pk, limit=limit)


def cancel(*, by: User) -> Subscription:
    """End with the current period. See `changes.cancel_at_end`."""
    return changes.cancel_at_end(by=by)


def keep(*, by: User) -> Subscription:
    """Take the cancellation back. See `changes.keep`."""
    return changes.keep(by=by)


def save_details(*, by: User, values: dict[str, str]) -> BillingDetails:
    """To whom invoices are made out from now on. See `billing_details.save` for what is refused."""
    return billing_details.save(subscription_id=_mine(by).pk, values=values)


def choosable(code: str, held: Subscription) -> Any:
    """The plan with this code if this subscription's tenant may choose it, or has it.

    :raises plans.UnknownPlan: otherwise.
    """
    return held.plan if code == held.plan_id else plans.for_tenant(code, held.tenant)


def _mine(by: User) -> Subscription:
    by.require(Permission.MANAGE_BILLING)
    return Subscription.objects.select_related("plan", "tenant").get(tenant_id=tenancy.tenant_id())
