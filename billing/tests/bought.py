"""Subscriptions for tests: what the current tenant bought and used."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from billing.models import BillingDetails, Invoice, Plan, QuotaPeriod, Subscription
from billing.services import periods
from billing.services.stripe.shapes import Bought
from core import clock, tenancy

DETAILS = {
    "company": "Alpha, Lda.",
    "line1": "Rua da Prata 80",
    "city": "Lisbon",
    "country": "PT",
    "email": "bills@alpha.example",
}


def held() -> Subscription:
    """The current tenant's subscription, read now."""
    return Subscription.objects.select_related("plan", "tenant").get(tenant_id=tenancy.tenant_id())


def at_stripe(held: Subscription, status: str = "active", **more: Any) -> Bought:
    """As Stripe has it: a subscription of Starter in this state, in its first month."""
    of_starter = Bought(
        id="sub_1",
        item="si_1",
        status=status,
        price="price_1",
        costs_usd=Decimal(99),
        monthly=True,
        anchor_at=held.anchor_at,
        start=held.anchor_at,
        end=held.anchor_at + timedelta(days=30),
        cancels_at=clock.now() if status == "canceled" else None,
        metadata={},
    )
    return replace(of_starter, **more)


def on(code: str, **changes: Any) -> Subscription:
    """Have the current tenant on this plan, since ten days, in a period of thirty."""
    found, plan, start = held(), Plan.objects.get(pk=code), clock.now() - timedelta(days=10)
    found.plan, found.anchor_at, found.billed_since = plan, start, start
    for name, value in changes.items():
        setattr(found, name, value)
    found.save()
    period = periods.newest()
    assert period is not None
    QuotaPeriod.objects.filter(pk=period.pk).update(
        plan=plan, included=plan.interviews_a_month, period_start=start, period_end=start + timedelta(days=30)
    )
    return found


def trying(code: str = "professional", *, days: int = 10) -> Subscription:
    """Have the current tenant on trial, with ten interviews, for so many days more."""
    ends = clock.now() + timedelta(days=days)
    found = on(code, status=Subscription.Status.TRIALING, trial_ends_at=ends)
    QuotaPeriod.objects.filter(subscription=found).update(is_trial=True, included=10, period_end=ends)
    return found


def used(number: int, **changes: Any) -> QuotaPeriod:
    """So many interviews of the current period were consumed."""
    period = periods.newest()
    assert period is not None
    QuotaPeriod.objects.filter(pk=period.pk).update(consumed=number, **changes)
    period.refresh_from_db()
    return period


def with_details() -> None:
    BillingDetails.objects.create(subscription=held(), **DETAILS)


def invoice(to: Subscription, number: str, **fields: Any) -> Invoice:
    """A copy of an invoice of Stripe's: one of our own is the sum of its lines."""
    copied = {"source": Invoice.Source.STRIPE, "stripe_id": f"in_{number}"}
    return Invoice.objects.create(subscription=to, number=number, **copied, **fields)
