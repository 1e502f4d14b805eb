"""Lines that wait for the next invoice. Stripe draws up its own invoices: nothing is charged here for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from billing.models import InvoiceLine, Plan, QuotaPeriod, Subscription, UsageRecord
from billing.services import metering
from core import clock, due, tenancy

AGAIN = timedelta(hours=1)


def charge(
    held: Subscription,
    *,
    kind: InvoiceLine.Kind,
    text: str,
    unit_price_usd: Decimal,
    amount_usd: Decimal,
    key: str,
    quantity: Decimal = Decimal(1),
    period: QuotaPeriod | None = None,
    since: datetime | None = None,
) -> InvoiceLine | None:
    """A line for the next invoice, once a key; an amount of nothing makes none."""
    if held.collection == Subscription.Collection.STRIPE or amount_usd == 0:
        return None
    values = {
        "subscription": held,
        "kind": kind,
        "text": text,
        "quantity": quantity,
        "unit_price_usd": unit_price_usd,
        "amount_usd": amount_usd,
        "period": period,
        "from_at": since or (period and period.period_start),
        "until_at": period and period.period_end,
    }
    line, made = InvoiceLine.objects.get_or_create(key=key, defaults=values)
    if made:
        owe_invoice(held)
    return line


def owe_invoice(held: Subscription) -> None:
    """Have what waits put on an invoice, in a moment."""
    with tenancy.enter(held.tenant.schema_name):
        due.owe("invoicing", held.pk)


def overage_of(period: QuotaPeriod) -> int:
    """How many interviews of the period were recorded as beyond what was bought."""
    rows = UsageRecord.objects.filter(period=period, kind=UsageRecord.Kind.OVERAGE)
    return int(rows.aggregate(sum=Sum("quantity"))["sum"] or 0)


@dataclass(frozen=True, slots=True)
class Beyond:
    """So many interviews beyond the included, used under one plan. `price_usd` None: the plan has no price for them."""

    plan: Plan
    count: int

    @property
    def price_usd(self) -> Decimal | None:
        return self.plan.overage_price_usd

    @property
    def amount_usd(self) -> Decimal:
        return self.count * (self.price_usd or Decimal(0))


def beyond(period: QuotaPeriod) -> list[Beyond]:
    """The period's overage by the plan under which each was used, in their order; none if all was taken back.

    What was taken back are the first of them: a credit, or a larger plan, includes them now.
    """
    used: dict[str, int] = {}
    taken_back = 0
    rows = UsageRecord.objects.filter(period=period, kind=UsageRecord.Kind.OVERAGE).order_by("occurred_at", "id")
    for plan_id, quantity in rows.values_list("plan_id", "quantity"):
        code = plan_id or period.plan_id  # those of before this was kept
        if quantity < 0:
            taken_back -= int(quantity)
        elif code:
            used[code] = used.get(code, 0) + int(quantity)
    return _left(used, taken_back)


def _left(used: dict[str, int], taken_back: int) -> list[Beyond]:
    plans = Plan.objects.in_bulk(used)
    found = []
    for code, count in used.items():
        back = min(count, taken_back)
        taken_back -= back
        if count > back:
            found.append(Beyond(plans[code], count - back))
    return found


def overage_usd(period: QuotaPeriod) -> Decimal:
    """What the period's overage costs."""
    return sum((part.amount_usd for part in beyond(period)), Decimal(0))


def settle_overage(period: QuotaPeriod, *, why: UUID | str) -> None:
    """What was bought for the period changed: take back, or add, what of its overage is no longer so.

    The caller locked the period's row in this transaction. `why` names the change.
    """
    owed = max(0, period.consumed - period.bought)
    difference = owed - overage_of(period)
    if difference:
        kind, key = UsageRecord.Kind.OVERAGE, f"overage:{period.pk}:{why}"
        metering.record(kind, period=period, key=key, quantity=Decimal(difference))


@transaction.atomic
def close(*, period_id: UUID) -> None:
    """Charge a past period's overage, once nothing of it is reserved any more; until then it is looked at again."""
    period = QuotaPeriod.objects.select_for_update(no_key=True).get(pk=period_id)
    if period.closed_at is None and (period.reserved or period.period_end > clock.now()):
        due.owe("period_close", period.pk, after=AGAIN)
        return
    if period.closed_at is None:
        _close(period)
    due.settle("period_close", period.pk)


def _close(period: QuotaPeriod) -> None:
    parts = beyond(period)
    if parts and period.subscription.collection == Subscription.Collection.STRIPE:
        due.owe("stripe_overage", period.pk)  # Stripe draws up the invoice: billing.services.stripe.overage
        parts = []
    for part in parts:
        charge(
            period.subscription,
            kind=InvoiceLine.Kind.OVERAGE,
            text=str(part.plan),
            quantity=Decimal(part.count),
            unit_price_usd=part.price_usd or Decimal(0),
            amount_usd=part.amount_usd,
            period=period,
            key=f"overage:{period.pk}:{part.plan.pk}",
        )
    if period.subscription.status == Subscription.Status.CANCELLED:
        owe_invoice(period.subscription)  # what was too little so far has no next invoice to wait for
    period.closed_at = clock.now()
    period.save(update_fields=["closed_at"])
