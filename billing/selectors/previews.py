"""What the plans on offer would come to for a tenant now: for the staff, who may choose a smaller one too."""

from collections.abc import Sequence

from billing.models import Plan, Subscription
from billing.services import plan_changes
from billing.services.subscriptions import NotNow

Status = Subscription.Status


def of(held: Subscription, found: Sequence[Plan]) -> tuple[plan_changes.Preview, ...]:
    """One for each of these plans; none where nothing is paid for, or no period runs."""
    if held.status not in (Status.ACTIVE, Status.PAST_DUE):
        return ()
    try:
        return tuple(plan_changes.preview(held, plan) for plan in found)
    except NotNow:
        return ()
