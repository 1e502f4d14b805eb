"""What the people of a tenant do with its own subscription; each act asks whether this person may."""

from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from billing.models import BillingDetails, Subscription
from billing.services import granting, paying, plan_changes, plans, subscriptions
from core import audit, tenancy

Collection = Subscription.Collection


def change_now(*, by: User, code: str, shown: str) -> Subscription:
    """A larger plan from this instant. See `plan_changes.change_now` for what is refused."""
    return plan_changes.change_now(subscription_id=_mine(by).pk, code=code, shown=shown)


def change_at_renewal(*, by: User, code: str, shown: str) -> Subscription:
    """Another plan from the next period on; the present one takes the wish back. On trial: at once."""
    return plan_changes.change_at_renewal(subscription_id=_mine(by).pk, code=code, shown=shown)


@transaction.atomic
def start_by_invoice(*, by: User, code: str, shown: str) -> Subscription:
    """Pay for this plan from now on, by invoice: on trial, after it, or again after a cancellation.

    :raises paying.NoDetails: without billing details.
    :raises plan_changes.ChangedMeanwhile, plan_changes.BelowUse, subscriptions.NotNow, plans.UnknownPlan: see there.
    """
    held = _mine(by)
    paying.require_details(held)
    plan_changes.choose_unpaid(subscription_id=held.pk, code=code, shown=shown)
    return subscriptions.activate(subscription_id=held.pk, collection=Collection.INVOICE)


def start_by_card(*, by: User, code: str, shown: str) -> str:
    """The address at which the person pays for this plan by card. The plan is theirs at once, paid for when they did.

    :raises paying.NoCards, plan_changes.ChangedMeanwhile, plan_changes.BelowUse, subscriptions.NotNow,
        plans.UnknownPlan: see there.
    """
    held = _mine(by)
    with transaction.atomic():
        plan_changes.choose_unpaid(subscription_id=held.pk, code=code, shown=shown)
    held.refresh_from_db()
    return paying.begin_by_card(held, held.plan)


def allow_overage(*, by: User, limit: int) -> Subscription:
    """Let so many interviews a period begin beyond those included. See `granting.allow_overage`."""
    return granting.allow_overage(subscription_id=_mine(by).pk, limit=limit)


def cancel(*, by: User) -> Subscription:
    """End with the current period. See `subscriptions.cancel_at_end`."""
    return subscriptions.cancel_at_end(subscription_id=_mine(by).pk)


def keep(*, by: User) -> Subscription:
    """Take the cancellation back. See `subscriptions.keep`."""
    return subscriptions.keep(subscription_id=_mine(by).pk)


@transaction.atomic
def save_details(*, by: User, **fields: Any) -> BillingDetails:
    """To whom invoices are made out from now on; those that were issued stay as they are."""
    details, _ = BillingDetails.objects.update_or_create(subscription=_mine(by), defaults=fields)
    audit.record("subscription.details_changed", details.subscription)
    return details


def choosable(code: str, held: Subscription) -> Any:
    """The plan with this code if this subscription's tenant may choose it, or has it.

    :raises plans.UnknownPlan: otherwise.
    """
    return held.plan if code == held.plan_id else plans.for_tenant(code, held.tenant)


def _mine(by: User) -> Subscription:
    by.require(Permission.MANAGE_BILLING)
    return Subscription.objects.select_related("plan", "tenant").get(tenant_id=tenancy.tenant_id())
