"""What pages show of the quota."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from billing.models import InfrastructureShare, Plan, QuotaPeriod, QuotaUse, ReceiptPolicy, Subscription
from billing.services import quota
from core import clock, tenancy
from tenants.selectors.figures import Standing

REMEMBER_SECONDS = 10.0
FEWEST_AT_ONCE, FEWEST_CALLS = 5, 60  # of a tenant without a plan


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


class Included(NamedTuple):
    """What a tenant's plan includes besides interviews."""

    turns_at_once: int = FEWEST_AT_ONCE
    own_keys: bool = False
    api_calls_a_minute: int = FEWEST_CALLS


_remembered: dict[str, tuple[float, Included]] = {}


def turns_at_once() -> int:
    """How many replies may be written for the current tenant at the same time, by its plan; remembered for seconds."""
    return _included().turns_at_once


def own_keys() -> bool:
    """Whether the current tenant's plan includes keys of its own at model providers; remembered with the rest of it."""
    return _included().own_keys


def api_calls_a_minute() -> int:
    """How many API calls a minute the current tenant's plan includes, all keys together; remembered with the rest."""
    return _included().api_calls_a_minute


def with_own_keys(schemas: Collection[str]) -> set[str]:
    """Those of these tenants whose plan includes keys of their own, read now."""
    plans = Subscription.objects.filter(tenant__schema_name__in=schemas, plan__own_keys=True)
    return set(plans.values_list("tenant__schema_name", flat=True))


def _included() -> Included:
    schema, now = tenancy.schema(), time.monotonic()
    known = _remembered.get(schema)
    if known is None or known[0] < now:
        plan = Plan.objects.filter(subscription__tenant_id=tenancy.tenant_id())
        row = plan.values_list("turns_at_once", "own_keys", "api_calls_a_minute").first()
        found = Included(row[0] or FEWEST_AT_ONCE, row[1], row[2] or FEWEST_CALLS) if row else Included()
        known = _remembered[schema] = (now + REMEMBER_SECONDS, found)
    return known[1]


def usage() -> Usage:
    """The current tenant's usage in its current period."""
    return _usage(quota.current_period())


def usage_of(tenant_id: UUID) -> Usage | None:
    """The newest period of a tenant, for the platform's admin."""
    period = QuotaPeriod.objects.filter(subscription__tenant_id=tenant_id).first()
    return _usage(period) if period else None


def standings(tenant_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The plans of these tenants and the use of their current periods, for the platform's admin: two queries.

    A period that nobody asked for yet has no row: it will include what the plan says.
    """
    now = clock.now()
    found = list(Subscription.objects.filter(tenant_id__in=tenant_ids).select_related("plan"))
    periods = QuotaPeriod.objects.filter(subscription__in=found, period_start__lte=now, period_end__gt=now)
    use = {row.subscription_id: (row.reserved + row.consumed, row.included) for row in periods}
    return {one.tenant_id: Standing(one.plan.name, *use.get(one.pk, (0, one.plan.interviews_a_month))) for one in found}


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


def shows_receipts() -> bool:
    """Whether the current tenant sees what its interviews cost to run; it does unless the platform said otherwise."""
    hidden = ReceiptPolicy.objects.filter(tenant_id=tenancy.tenant_id(), is_shown=False)
    return not hidden.exists()


def infrastructure_usd(interview_ids: Collection[UUID]) -> dict[UUID, Decimal | None]:
    """What each of these interviews cost in servers, by the day (UTC) on which it began, in two queries.

    None where no share was set then; one that never began has no entry.
    """
    began = QuotaUse.objects.filter(pk__in=interview_ids).values_list("pk", "reserved_at")
    shares = list(InfrastructureShare.objects.values_list("from_date", "usd_an_interview"))  # the newest first
    return {
        pk: next((usd for from_date, usd in shares if from_date <= at.astimezone(UTC).date()), None) for pk, at in began
    }


def paid_usd(months: Collection[date]) -> dict[date, Decimal | None]:
    """What the current tenant pays for each of these months (the first day, UTC): its plan's price.

    None for a month before its subscription, or without one.
    """
    subscription = Subscription.objects.select_related("plan").filter(tenant_id=tenancy.tenant_id()).first()
    if subscription is None:
        return dict.fromkeys(months)
    first = subscription.anchor_at.astimezone(UTC).date().replace(day=1)
    return {month: subscription.plan.price_usd if month >= first else None for month in months}
