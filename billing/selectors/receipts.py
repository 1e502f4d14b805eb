"""What interviews cost beside their models, who sees it, and what the tenant pays."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from billing.margin import revenue
from billing.models import InfrastructureShare, ReceiptPolicy, Subscription, UsageRecord
from core import tenancy


def shows_receipts() -> bool:
    """Whether the current tenant sees what its interviews cost to run; it does unless the platform said otherwise."""
    hidden = ReceiptPolicy.objects.filter(tenant_id=tenancy.tenant_id(), is_shown=False)
    return not hidden.exists()


def infrastructure_usd(interview_ids: Collection[UUID]) -> dict[UUID, Decimal | None]:
    """What each of these interviews cost in servers, by the day (UTC) on which it began, in two queries.

    None where no share was set then; one that never began has no entry. It begins once, as the margin counts it:
    one that was given back and is taken up again later has begun on its first day.
    """
    started = UsageRecord.objects.filter(interview_id__in=interview_ids, kind=UsageRecord.Kind.STARTED)
    began = {pk: at for pk, at in started.values_list("interview_id", "occurred_at") if pk}
    shares = list(InfrastructureShare.objects.values_list("from_date", "usd_an_interview"))  # the newest first
    return {
        pk: next((usd for from_date, usd in shares if from_date <= at.astimezone(UTC).date()), None)
        for pk, at in began.items()
    }


def paid_usd(months: Collection[date]) -> dict[date, Decimal | None]:
    """What the current tenant pays for each of these months (first days, UTC, without a gap), without tax.

    What no invoice was drawn up for yet counts too. None before it paid anything, and without a subscription.
    """
    held = Subscription.objects.filter(tenant_id=tenancy.tenant_id()).first()
    if held is None or not months:
        return dict.fromkeys(months)
    in_order = sorted(months)
    ends = (in_order[-1] + timedelta(days=32)).replace(day=1)
    starts = [datetime(day.year, day.month, 1, tzinfo=UTC) for day in (*in_order, ends)]
    found = revenue.by_month(starts, tenant_id=tenancy.tenant_id())
    first = held.billed_since.astimezone(UTC).date().replace(day=1)
    paid: dict[date, Decimal | None] = {}
    for place, month in enumerate(in_order):
        one = found.get((place, tenancy.tenant_id()), revenue.Revenue())
        paid[month] = one.billed_usd + one.waiting_usd if month >= first else None
    return paid
