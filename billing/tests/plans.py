"""Plans and subscriptions that tests of them begin with."""

from datetime import UTC, datetime
from typing import Any

from billing.models import InvoiceLine, QuotaPeriod, Subscription
from billing.tests.bought import held

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def on(plan: str, *, at: datetime = NOON, **changes: Any) -> Subscription:
    """The current tenant begins this plan at `at`, with nothing used or charged before."""
    one = held()
    InvoiceLine.objects.filter(subscription=one).delete()
    QuotaPeriod.objects.filter(subscription=one).delete()
    fresh = {"plan_id": plan, "anchor_at": at, "billed_since": at, "status": "active", "next_plan": None}
    Subscription.objects.filter(pk=one.pk).update(**fresh | changes)
    return held()


def lines() -> list[tuple[str, str, str]]:
    """Kind, text and amount of every line of the current tenant, oldest first."""
    found = InvoiceLine.objects.filter(subscription=held()).order_by("created_at", "amount_usd")
    return [(line.kind, line.text, str(line.amount_usd)) for line in found]
