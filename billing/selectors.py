"""What pages show of the quota."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.models import QuotaPeriod
from billing.services import quota


@dataclass(frozen=True, slots=True)
class Usage:
    """A period of the current tenant: `used` counts reserved and consumed interviews."""

    plan: str
    used: int
    reserved: int
    consumed: int
    included: int
    period_start: datetime
    period_end: datetime

    @property
    def left(self) -> int:
        return self.included - self.used

    @property
    def percent(self) -> int:
        return 100 if not self.included else min(100, self.used * 100 // self.included)


def usage() -> Usage:
    """The current tenant's usage in its current period."""
    return _usage(quota.current_period())


def usage_of(tenant_id: UUID) -> Usage | None:
    """The newest period of a tenant, for the platform's admin."""
    period = QuotaPeriod.objects.filter(subscription__tenant_id=tenant_id).first()
    return _usage(period) if period else None


def _usage(period: QuotaPeriod) -> Usage:
    return Usage(
        plan=period.subscription.plan.name,
        used=period.reserved + period.consumed,
        reserved=period.reserved,
        consumed=period.consumed,
        included=period.included,
        period_start=period.period_start,
        period_end=period.period_end,
    )
