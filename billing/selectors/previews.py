"""What the plans on offer would come to for a tenant now: for the staff, who may choose a smaller one too."""

from collections.abc import Sequence

from billing.models import Plan, Subscription
from billing.services import plan_changes
from core import clock

Status = Subscription.Status


def of(held: Subscription, found: Sequence[Plan]) -> tuple[plan_changes.Preview, ...]:
    """One for each of these plans; none where nothing is paid for, or no period runs. No month begins for it."""
    if held.status not in (Status.ACTIVE, Status.PAST_DUE):
        return ()
    period = held.periods.filter(period_end__gt=clock.now()).order_by("period_start").first()
    return tuple(plan_changes.preview(held, plan, period) for plan in found) if period is not None else ()
