"""What pages show of the quota, and what the house asks of a plan."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from billing.models import QuotaPeriod, Subscription
from billing.services import entitlements, periods
from core import clock, tenancy
from core.entitlements import Feature, Terms
from tenants.selectors.figures import Standing

REMEMBER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Usage:
    """A period of the current tenant: `used` counts reserved and consumed interviews.

    `bought` need no further payment; `overage_allowed` more may begin that are paid for one by one.
    """

    plan: str
    used: int
    reserved: int
    consumed: int
    included: int
    credited: int
    overage_allowed: int
    is_trial: bool
    period_start: datetime
    period_end: datetime
    held: Subscription = field(repr=False)

    @property
    def bought(self) -> int:
        return self.included + self.credited

    @property
    def left(self) -> int:
        return self.bought + self.overage_allowed - self.used

    @property
    def percent(self) -> int:
        return 100 if not self.bought else min(100, self.used * 100 // self.bought)


_remembered: dict[str, tuple[float, Terms]] = {}


def turns_at_once() -> int:
    """How many replies may be written for the current tenant at the same time, by its plan; remembered for seconds."""
    return _terms().turns_at_once


def own_keys() -> bool:
    """Whether the current tenant's plan includes keys of its own at model providers; remembered with the rest of it."""
    return Feature.OWN_KEYS in _terms().features


def api_calls_a_minute() -> int:
    """How many API calls a minute the current tenant's plan includes, all keys together; remembered with the rest."""
    return _terms().api_calls_a_minute


def with_own_keys(schemas: Collection[str]) -> set[str]:
    """Those of these tenants whose plan includes keys of their own, read now."""
    plans = Subscription.objects.filter(tenant__schema_name__in=schemas, plan__own_keys=True)
    return set(plans.values_list("tenant__schema_name", flat=True))


def _terms() -> Terms:
    schema, now = tenancy.schema(), time.monotonic()
    known = _remembered.get(schema)
    if known is None or known[0] < now:
        known = _remembered[schema] = (now + REMEMBER_SECONDS, entitlements.of_tenant())
    return known[1]


def usage() -> Usage:
    """The current tenant's usage in its current period, or the last one that it had."""
    period = periods.newest()
    assert period is not None  # every subscription begins with one
    return usage_in(period)


def standings(tenant_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The plans of these tenants and the use of their current periods, for the platform's admin: two queries.

    A period that nobody asked for yet has no row: it will include what the plan says.
    """
    now = clock.now()
    found = list(Subscription.objects.filter(tenant_id__in=tenant_ids).select_related("plan"))
    running = QuotaPeriod.objects.filter(subscription__in=found, period_start__lte=now, period_end__gt=now)
    use = {row.subscription_id: (row.reserved + row.consumed, row.bought) for row in running}
    return {one.tenant_id: Standing(one.plan.name, *use.get(one.pk, (0, one.plan.interviews_a_month))) for one in found}


def usage_in(period: QuotaPeriod) -> Usage:
    """What was used in this period."""
    return Usage(
        plan=period.subscription.plan.name,
        used=period.reserved + period.consumed,
        reserved=period.reserved,
        consumed=period.consumed,
        included=period.included,
        credited=period.credited,
        overage_allowed=period.overage_allowed,
        is_trial=period.is_trial,
        period_start=period.period_start,
        period_end=period.period_end,
        held=period.subscription,
    )
