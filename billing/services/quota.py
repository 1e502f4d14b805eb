"""The quota: reserved when an interview starts, consumed by its first answer, released without one.

Each change is one UPDATE that checks itself, last in the caller's transaction, so that the hot row is
held for the shortest time.
"""

import calendar
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from billing.models import QuotaPeriod, QuotaUse, Subscription
from core import clock, tenancy


class QuotaExhausted(Exception):
    """The tenant's plan has no interview left in this period."""


def reserve(*, interview_id: UUID) -> None:
    """Reserve one interview of the current period. Call it last in the transaction that starts the interview.

    :raises QuotaExhausted: if none is left; the caller's transaction must roll back.
    """
    period = current_period()
    if not _take_place(interview_id, period):
        return
    left = Q(included__gt=F("reserved") + F("consumed"))
    if QuotaPeriod.objects.filter(left, pk=period.pk).update(reserved=F("reserved") + 1) != 1:
        raise QuotaExhausted(f"{period.included} interviews were used.")


def _take_place(interview_id: UUID, period: QuotaPeriod) -> bool:
    """Whether this call made the interview's row, or took up one that had been released; of two at once one does."""
    released = QuotaUse.objects.filter(pk=interview_id, status=QuotaUse.Status.RELEASED)
    if released.update(period=period, status=QuotaUse.Status.RESERVED) == 1:
        return True
    return QuotaUse.objects.get_or_create(pk=interview_id, defaults={"period": period})[1]


def consume(*, interview_id: UUID) -> None:
    """The first answer came: what was reserved counts now. A released interview is reserved again first.

    :raises QuotaExhausted: if it had been released and none is left.
    """
    use = QuotaUse.objects.filter(pk=interview_id, status=QuotaUse.Status.RESERVED)
    if use.update(status=QuotaUse.Status.CONSUMED) != 1:
        # Only now: before the UPDATE a release of the same instant could not be seen.
        if not QuotaUse.objects.filter(pk=interview_id, status=QuotaUse.Status.RELEASED).exists():
            return
        reserve(interview_id=interview_id)
        use.update(status=QuotaUse.Status.CONSUMED)
    QuotaPeriod.objects.filter(uses__pk=interview_id).update(reserved=F("reserved") - 1, consumed=F("consumed") + 1)


def release(*, interview_id: UUID) -> bool:
    """Give back what was reserved and never consumed.

    :returns: whether this call gave it back.
    """
    with transaction.atomic():
        use = QuotaUse.objects.filter(pk=interview_id, status=QuotaUse.Status.RESERVED)
        if use.update(status=QuotaUse.Status.RELEASED) != 1:
            return False
        QuotaPeriod.objects.filter(uses__pk=interview_id).update(reserved=F("reserved") - 1)
        return True


def current_period() -> QuotaPeriod:
    """The period that contains this instant, made when the first interview of a month asks for it."""
    subscription = Subscription.objects.select_related("plan").get(tenant_id=tenancy.tenant_id())
    found = subscription.periods.filter(period_start__lte=Now(), period_end__gt=Now()).first()
    if found is not None:
        return found
    start, end = month_of(subscription.anchor_at, clock.now())
    period = QuotaPeriod(
        subscription=subscription, period_start=start, period_end=end, included=subscription.plan.interviews_a_month
    )
    QuotaPeriod.objects.bulk_create([period], ignore_conflicts=True)
    return subscription.periods.get(period_start=start)


def month_of(anchor: datetime, instant: datetime) -> tuple[datetime, datetime]:
    """The month counted from `anchor` that contains `instant`: [start, end), UTC.

    An anchor on the 31st falls on the last day of shorter months and returns to the 31st after them.
    """
    months = (instant.year - anchor.year) * 12 + instant.month - anchor.month
    if _shift(anchor, months) > instant:
        months -= 1
    return _shift(anchor, months), _shift(anchor, months + 1)


def _shift(anchor: datetime, months: int) -> datetime:
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, calendar.monthrange(year, month0 + 1)[1])
    return anchor.replace(year=year, month=month0 + 1, day=day)
