"""What pages show of the quota."""

import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.models import Plan, QuotaPeriod
from billing.services import quota
from core import tenancy

REMEMBER_SECONDS = 10.0
FEWEST_AT_ONCE = 5  # of a tenant without a plan


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


_remembered: dict[str, tuple[float, int]] = {}


def turns_at_once() -> int:
    """How many replies may be written for the current tenant at the same time, by its plan; remembered for seconds."""
    schema, now = tenancy.schema(), time.monotonic()
    until, found = _remembered.get(schema, (0.0, 0))
    if until < now:
        plan = Plan.objects.filter(subscription__tenant_id=tenancy.tenant_id())
        found = plan.values_list("turns_at_once", flat=True).first() or FEWEST_AT_ONCE
        _remembered[schema] = (now + REMEMBER_SECONDS, found)
    return found


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
