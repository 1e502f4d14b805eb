"""The quota: reserved when an interview starts, consumed by its first answer, released without one.

Each change is one UPDATE that checks itself, last in the caller's transaction, so that the hot row is
held for the shortest time.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from billing.models import QuotaPeriod, QuotaUse, UsageRecord
from billing.services import metering, periods, warnings
from core import clock

TAKE = """
    UPDATE public.billing_quotaperiod SET reserved = reserved + 1
     WHERE id = %s AND reserved + consumed < included + credited + overage_allowed
 RETURNING reserved + consumed, included + credited"""
CONSUME = """
    UPDATE public.billing_quotaperiod SET reserved = reserved - 1, consumed = consumed + 1
     WHERE id = (SELECT period_id FROM public.billing_quotause WHERE interview_id = %s)
 RETURNING consumed, included + credited"""


class QuotaExhausted(Exception):
    """The tenant's plan has no interview left in this period, or is not paid for."""


def reserve(*, interview_id: UUID, at: datetime | None = None) -> None:
    """Reserve one interview of the current period. Call it last in the transaction that starts the interview, `at`.

    :raises QuotaExhausted: if none is left; the caller's transaction must roll back.
    """
    try:
        period = periods.current()
    except periods.NoPeriod as error:
        raise QuotaExhausted(str(error)) from error
    if not _take_place(interview_id, period):
        return
    metering.started(interview_id=interview_id, period=period, at=at)
    found = _one(TAKE, [period.pk])
    if found is None:
        raise QuotaExhausted(f"{period.included} interviews were used.")
    warnings.notice(period, used=found[0], bought=found[1])


def _take_place(interview_id: UUID, period: QuotaPeriod) -> bool:
    """Whether this call made the interview's row, or took up one that had been released; of two at once one does."""
    released = QuotaUse.objects.filter(pk=interview_id, status=QuotaUse.Status.RELEASED)
    if released.update(period=period, status=QuotaUse.Status.RESERVED, reserved_at=clock.now()) == 1:
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
        if use.update(status=QuotaUse.Status.CONSUMED) != 1:
            return  # another answer, for which this one waited, took it up and counts
    found = _one(CONSUME, [interview_id])
    if found is not None and found[0] > found[1]:
        period, key = QuotaPeriod.objects.get(uses__pk=interview_id), f"overage:{interview_id}"
        metering.record(UsageRecord.Kind.OVERAGE, period=period, key=key, interview_id=interview_id)


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


def _one(statement: str, values: list[UUID]) -> tuple[int, int] | None:
    """The one row that the statement returns; an error marks the transaction as broken, whoever catches it."""
    with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return None if row is None else (int(row[0]), int(row[1]))
