"""What interviews cost beside their models, who sees it, and what the tenant pays."""

from collections.abc import Collection
from datetime import UTC, date
from decimal import Decimal
from uuid import UUID

from billing.models import InfrastructureShare, QuotaUse, ReceiptPolicy, Subscription
from core import tenancy


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
