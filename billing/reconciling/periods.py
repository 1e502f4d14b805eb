"""Periods against the interviews' places in them, what was recorded of these, and each other."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum

from billing.models import CreditGrant, QuotaPeriod, QuotaUse, Subscription, UsageRecord
from billing.reconciling.findings import Findings
from tenants.models import Tenant

HELD = timedelta(hours=24)  # interviews.services.opening: then a reservation without an answer is given back
PATIENCE = timedelta(hours=1)  # for what a due row does when its time has come
SUMS = ("reserved_uses", "consumed_uses", "overage", "granted")
Kind, Status = UsageRecord.Kind, QuotaUse.Status


def look(tenant: Tenant, found: Findings) -> None:
    held = Subscription.objects.filter(tenant=tenant).first()
    if held is None:
        if tenant.status in Tenant.SERVED:
            found.differ("subscription.missing", 1, 0, [tenant.pk])
        return
    rows = list(_with_sums(held))
    for period in rows:
        _compare(period, found)
    for earlier, later in pairwise(rows):
        # Before it was paid for, and between two lives of a subscription, there may be a gap; an overlap never.
        if later.period_start < earlier.period_end or later.period_start > held.billed_since:
            found.compare("period.follows_the_one_before", earlier.period_end, later.period_start, [later.pk])
    if rows and _is_late(tenant, held, rows[-1], found):
        found.differ("period.renewed_in_time", "a period that runs", rows[-1].period_end, [rows[-1].pk])
    if tenant.status in Tenant.SERVED and not tenant.suspended:
        late = found.now - HELD - PATIENCE
        waiting = "SELECT interview_id FROM public.billing_quotause use JOIN public.billing_quotaperiod period"
        waiting += " ON period.id = use.period_id WHERE subscription_id = %s AND status = %s AND reserved_at < %s"
        found.none("quota.reservation_released_in_time", waiting, [held.pk, Status.RESERVED.value, late])


def _compare(period: QuotaPeriod, found: Findings) -> None:
    ids, sums = [period.pk], {name: vars(period)[name] or 0 for name in SUMS}
    found.compared["periods"] += 1
    found.compare("quota.reserved", sums["reserved_uses"], period.reserved, ids)
    found.compare("quota.consumed", sums["consumed_uses"], period.consumed, ids)
    found.compare("quota.credited", sums["granted"], period.credited, ids)
    found.compare("usage.overage", max(0, period.consumed - period.bought), sums["overage"], ids)


def _with_sums(held: Subscription) -> Iterator[QuotaPeriod]:
    """The periods, oldest first, with what rows of their own say of them."""
    uses = QuotaUse.objects.order_by().filter(period=OuterRef("pk")).values("period")
    overage = UsageRecord.objects.order_by().filter(period=OuterRef("pk"), kind=Kind.OVERAGE).values("period")
    grants = CreditGrant.objects.order_by().filter(period=OuterRef("pk")).values("period")
    rows = held.periods.order_by("period_start").annotate(
        reserved_uses=_sum(uses.filter(status=Status.RESERVED), Count("pk")),
        consumed_uses=_sum(uses.filter(status=Status.CONSUMED), Count("pk")),
        overage=_sum(overage, Sum("quantity")),
        granted=_sum(grants, Sum("interviews")),
    )
    return rows.iterator()


def _sum(rows: "QuerySet[Any, Any]", what: Count | Sum) -> Subquery:
    return Subquery(rows.annotate(sum=what).values("sum"))


def _is_late(tenant: Tenant, held: Subscription, last: QuotaPeriod, found: Findings) -> bool:
    goes_on = tenant.status in Tenant.SERVED and not tenant.suspended and tenant.closes_at is None
    return goes_on and held.status in Subscription.SERVED and last.period_end < found.now - PATIENCE
