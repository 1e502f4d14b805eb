"""A period's counts, for tests."""

from datetime import timedelta
from uuid import UUID

from billing.models import QuotaPeriod, QuotaUse
from billing.services import periods
from billing.services.months import month_of


def counts() -> tuple[int, int]:
    """Reserved and consumed in the current period of the current tenant."""
    period = periods.current()
    return period.reserved, period.consumed


def leave(left: int) -> None:
    """So many interviews are left in the current period."""
    period = periods.newest()
    assert period is not None
    QuotaPeriod.objects.filter(pk=period.pk).update(included=period.reserved + period.consumed + left)


def a_month_ago(period: QuotaPeriod) -> None:
    """The current period is the one before now."""
    start = month_of(period.period_start, period.period_start - timedelta(days=1))[0]
    QuotaPeriod.objects.filter(pk=period.pk).update(period_start=start, period_end=period.period_start)


def status(interview_id: UUID) -> str:
    return str(QuotaUse.objects.get(pk=interview_id).status)
