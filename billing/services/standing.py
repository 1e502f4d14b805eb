"""Where a subscription stands: paid for, overdue, read-only, cancelled. The caller's transaction holds its row."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from billing.models import Subscription
from billing.services import room
from core import audit, clock, due, state, tenancy
from tenants.services import reading_only

GRACE = timedelta(days=14)  # from the first payment that failed, or an invoice's due date
BY_STAFF = "staff"
Status = Subscription.Status


@transaction.atomic
def fall_due(held: Subscription, *, why: str) -> None:
    """A payment failed or is late: everything goes on until the grace is over. Once it did, again changes nothing.

    :raises core.state.TransitionNotAllowed: if it is neither active nor overdue.
    """
    if held.status == Status.PAST_DUE:
        return
    now = clock.now()
    state.move(held, Status.PAST_DUE, source=Status.ACTIVE, past_due_since=now, grace_ends_at=now + GRACE)
    audit.record("subscription.past_due", held, why=why)


@transaction.atomic
def stop(held: Subscription, *, why: str) -> None:
    """Nothing new: people read, take data along and pay; what candidates began goes on.

    :param why: payment, trial or staff. What the staff stopped only the staff lets go on: no payment does.
    :raises core.state.TransitionNotAllowed: if it is cancelled or read-only already.
    """
    marks: dict[str, Any] = {"stopped_by_staff_at": clock.now()} if why == BY_STAFF else {}
    state.move(held, Status.READ_ONLY, **marks)
    reading_only.begin(held.tenant)
    audit.record("subscription.read_only", held, why=why)


@transaction.atomic
def cancel(held: Subscription) -> None:
    """The last period is over: read-only, for as long as the tenant stays."""
    state.move(held, Status.CANCELLED, next_plan=None)
    reading_only.begin(held.tenant)
    audit.record("subscription.cancelled", held)


@transaction.atomic
def recover(held: Subscription, *, why: str) -> None:
    """Paid, or the staff says so: everything goes on. A subscription that is active stays as it is.

    Where the last period ended meanwhile, months are counted from now: nobody pays for the time in which nothing began.

    :raises core.state.TransitionNotAllowed: from a trial, which `subscriptions.activate` ends.
    """
    if held.status == Status.ACTIVE:
        return
    if held.status == Status.TRIALING:
        raise state.TransitionNotAllowed(str(held))
    now = clock.now()
    fresh: dict[str, Any] = {"past_due_since": None, "grace_ends_at": None, "stopped_by_staff_at": None}
    if held.status == Status.CANCELLED:  # who asked to go, and did not yet, still goes
        fresh["cancels_at"] = None
    if held.status not in Subscription.SERVED and not held.periods.filter(period_end__gt=now).exists():
        fresh |= {"anchor_at": now, "billed_since": now}
    state.move(held, Status.ACTIVE, **fresh)
    with tenancy.enter(held.tenant.schema_name):
        due.owe("renewal", held.pk)  # while it stood still nobody looked at its end
    reading_only.end(held.tenant)
    room.came(held)
    audit.record("subscription.recovered", held, why=why)
    transaction.on_commit(tenancy.forget)
