"""What the platform's admin shows of a subscription: public tables alone, in no tenant's schema."""

import hashlib
from typing import Any

from django.db.models import Sum

from billing.models import CreditGrant, InvoiceLine, Subscription, UsageRecord

PERIODS, LINES, CREDITS = 12, 20, 20


def fingerprint(held: Subscription) -> str:
    """Changes with whatever somebody decides about the subscription, and with nothing that interviews do."""
    credits = CreditGrant.objects.filter(period__subscription=held).count()
    decided = (held.status, held.plan_id, held.next_plan_id, held.overage_limit, held.collection, held.zone, credits)
    times = (held.trial_ends_at, held.cancels_at, held.past_due_since, held.grace_ends_at, held.stopped_by_staff_at)
    return hashlib.sha256(repr((decided, times)).encode()).hexdigest()[:16]


def detail(held: Subscription) -> dict[str, Any]:
    """Its newest periods with their use, credits and lines, and the sums of its usage records by kind."""
    periods = list(held.periods.select_related("plan")[:PERIODS])
    usage = UsageRecord.objects.filter(subscription=held, period__in=periods[:1]).values("kind")
    return {
        "held": held,
        "periods": periods,
        "credits": CreditGrant.objects.filter(period__subscription=held).select_related("period")[:CREDITS],
        "lines": InvoiceLine.objects.filter(subscription=held)
        .select_related("invoice")
        .order_by("-created_at")[:LINES],
        "usage": [
            {"kind": UsageRecord.Kind(row["kind"]).label, "quantity": row["sum"]}
            for row in usage.annotate(sum=Sum("quantity")).order_by("kind")
        ],
    }
