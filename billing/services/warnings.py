"""What tells a tenant in time that its interviews come to their end: at 80, 95 and 100 percent."""

from uuid import UUID

from django.db import transaction

from billing.models import QuotaPeriod
from core import audit, due

PERCENTS = (80, 95, 100)


def notice(period: QuotaPeriod, *, used: int, bought: int) -> None:
    """Owe a warning where this start passed one of the marks; `warned_percent` keeps it to one each."""
    if any(used == -(-bought * percent // 100) for percent in PERCENTS):
        due.owe("quota_warning", period.pk)


@transaction.atomic
def warn(*, period_id: UUID) -> None:
    """Tell the tenant how much of the period is used, once a mark."""
    period = QuotaPeriod.objects.get(pk=period_id)
    used = 100 * (period.reserved + period.consumed)
    percent = max((mark for mark in PERCENTS if used >= mark * period.bought), default=0)
    due.settle("quota_warning", period_id)
    if QuotaPeriod.objects.filter(pk=period_id, warned_percent__lt=percent).update(warned_percent=percent) != 1:
        return
    audit.record("quota.warned", period, percent=percent)
