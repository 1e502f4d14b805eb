"""What the portal says above every page about the plan: the one thing that presses most, to those whom it concerns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.models import Subscription
from billing.selectors import Usage

WARNS_FROM = 80  # percent
TRIAL_ENDS_SOON = timedelta(days=3)
Status = Subscription.Status


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: `billing` sees bills, `invites` sends candidates here."""

    billing: bool
    invites: bool


def of(usage: Usage, *, reader: Reader, reads_only: bool, now: datetime) -> dict[str, Any] | None:
    """`kind`, the `zone` of its date, and what its words need; None where there is nothing to say to this reader.

    Kinds: cancelled, unpaid, trial_over, past_due, exhausted, trial_ends, near, beyond, cancelling.
    """
    said = _said(usage, reader, reads_only, now)
    return said and {"zone": usage.held.zone, **said}


def _said(usage: Usage, reader: Reader, reads_only: bool, now: datetime) -> dict[str, Any] | None:
    held = usage.held
    if reads_only:
        owes = held.past_due_since is not None
        return {"kind": why_read_only(held), "by_staff": held.stopped_by_staff_at is not None, "owes": owes}
    if reader.billing and held.status == Status.PAST_DUE:
        return {"kind": "past_due", "date": held.grace_ends_at}
    if usage.left <= 0:
        told = reader.billing or reader.invites
        return {"kind": "exhausted", "date": usage.period_end, "next": what_comes(held)} if told else None
    return _in_time(usage, now) if reader.billing else None


def why_read_only(held: Subscription) -> str:
    """cancelled, trial_over or unpaid."""
    if held.stopped_by_staff_at is not None:
        return "unpaid"
    if held.status == Status.CANCELLED:
        return "cancelled"
    return "trial_over" if held.trial_ends_at is not None else "unpaid"


def what_comes(held: Subscription) -> str:
    """What follows the period that runs: trial (nothing before a plan is chosen), ends (nothing), or renews."""
    if held.status == Status.TRIALING:
        return "trial"
    return "ends" if held.cancels_at is not None else "renews"


def room_by(held: Subscription) -> str:
    """What lets candidates begin where no interview is left: plan (one is chosen), payment, staff, more (interviews
    beyond the included, or a larger plan) or larger (that alone)."""
    if held.stopped_by_staff_at is not None:
        return "staff"
    if held.past_due_since is not None:  # after a cancellation too: nothing begins anew before it is paid
        return "payment"
    if held.status == Status.TRIALING or held.status not in Subscription.SERVED:
        return "payment" if held.status == Status.READ_ONLY and why_read_only(held) == "unpaid" else "plan"
    return "more" if held.plan.most_overage > held.overage_limit else "larger"


def _in_time(usage: Usage, now: datetime) -> dict[str, Any] | None:
    held = usage.held
    trial_ends = held.trial_ends_at if held.status == Status.TRIALING else None
    if trial_ends is not None and trial_ends - now <= TRIAL_ENDS_SOON:
        return {"kind": "trial_ends", "date": trial_ends}
    if usage.used >= usage.bought:
        return {"kind": "beyond", "left": usage.left}
    if usage.used * 100 >= WARNS_FROM * usage.bought:
        return {"kind": "near", "percent": usage.percent, "left": usage.bought - usage.used, "date": usage.period_end}
    if held.cancels_at is not None:
        return {"kind": "cancelling", "date": held.cancels_at}
    return None
