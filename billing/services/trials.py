"""What tells a tenant in time that its trial ends: three days before, and on the day."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from billing.models import BillingNotice, Subscription
from billing.services import mail, periods
from billing.services.subscriptions import locked
from core import clock, due

KIND = periods.TRIAL_ENDS
BEFORE = periods.TRIAL_TOLD
MORNING, AT_LEAST = time(8), timedelta(hours=2)
Status = Subscription.Status


@transaction.atomic
def look(*, subscription_id: UUID) -> None:
    """Of the mails that are due the last, once each end of the trial; nothing where a plan was chosen meanwhile."""
    held, now = locked(subscription_id), clock.now()
    due.settle(KIND, held.pk)
    ends = held.trial_ends_at
    if held.status != Status.TRIALING or ends is None or ends <= now:
        return
    steps = (ends - BEFORE, last_morning(ends, held.zone))
    reached = [step for step in steps if step <= now]
    if reached:
        key = f"trial_ends:{held.pk}:{ends:%Y%m%d%H%M%S}:{len(reached)}"
        mail.tell(held, mail.Kind.TRIAL_ENDS, key=key, ends=ends.isoformat())
    if len(reached) < len(steps):
        due.owe(KIND, held.pk, after=min(step for step in steps if step > now) - now)


def last_morning(ends: datetime, zone: str) -> datetime:
    """Eight o'clock of the last day, or two hours before the end if that is earlier."""
    local = ends.astimezone(ZoneInfo(zone))
    return min(datetime.combine(local, MORNING, tzinfo=ZoneInfo(zone)), ends - AT_LEAST)


def _context(row: BillingNotice) -> dict[str, Any] | None:
    """When it ends; None if a plan was chosen, the trial was extended, or is over."""
    held = Subscription.objects.get(pk=row.subscription_id)
    ends = held.trial_ends_at
    if held.status != Status.TRIALING or ends is None or ends <= clock.now():
        return None
    if ends.isoformat() != row.detail["ends"]:
        return None
    return {"ends_at": ends}


mail.register(mail.Kind.TRIAL_ENDS, _context)
