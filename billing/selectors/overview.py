"""What the page of billing shows of a tenant's own plan."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet, Sum

from billing import selectors
from billing.models import BillingDetails, Invoice, InvoiceLine, Plan, Subscription
from billing.selectors import banner, chart, days, dunning
from billing.services import countries, credit, months, periods, plan_changes, plans, room, stripe, waiting
from billing.services.subscriptions import NotNow
from core import clock, tenancy
from core.entitlements import Feature

INVOICES = 24
NOT_YET = frozenset({Feature.VOICE})  # what a plan may include and no release offers so far: nobody is promised it
Status = Subscription.Status


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan as somebody who chooses sees it; `against` are the reasons for which it does not fit, `too_many_people` is
    among them."""

    plan: Plan
    is_mine: bool
    is_next: bool
    is_larger: bool
    against: list[str]
    too_many_people: bool
    features: list[Any]
    older: bool


def own() -> Subscription:
    """The current tenant's subscription with its plans and its details."""
    found = Subscription.objects.select_related("plan", "next_plan", "tenant")
    return found.get(tenant_id=tenancy.tenant_id())


def details(held: Subscription) -> BillingDetails | None:
    return BillingDetails.objects.filter(subscription=held).first()


def page() -> dict[str, Any]:
    """Everything on the page of billing."""
    period, now = periods.newest(), clock.now()
    assert period is not None  # every subscription begins with one
    held = own()
    usage, running = selectors.usage_in(period), held.status in Subscription.SERVED
    ahead = days.forecast(period, zone=held.zone, now=now) if running else None
    by_day = days.by_day(period, zone=held.zone, now=now)
    return {
        "held": held,
        "state": state_of(held),
        "use": usage,
        "days": by_day,
        "left": max(0, usage.left),
        "running": running,
        "too_many": max(0, ahead.total - usage.bought - usage.overage_allowed) if ahead else 0,
        "beyond_usd": _beyond_usd(held, usage, ahead),
        "chart": chart.of(period, by_day, ahead, zone=held.zone, now=now),
        "forecast": ahead,
        "terms": terms(held),
        "waiting": room.waiting(),
        "owed": dunning.of_tenant(),
        "details_late_at": (since := waiting.since(held)) and since + waiting.PATIENCE,
        "invoices": list(invoices(held)[:INVOICES]),
        "next_invoice_usd": (next_usd := next_invoice_usd(held)),
        "too_little_usd": waiting.LEAST_USD if next_usd > 0 and not waiting.is_enough(held, next_usd) else None,
        "details": (found := details(held)),
        "country": countries.name_of(found.country) if found else "",
        "by_stripe": stripe.is_on(),
        "zone": held.zone,
        "support_email": settings.SUPPORT_EMAIL,
        "now": now,
    }


def _beyond_usd(held: Subscription, usage: selectors.Usage, ahead: days.Forecast | None) -> Decimal | None:
    """What the interviews beyond the included would cost at this pace; None where none would begin."""
    if ahead is None or held.plan.overage_price_usd is None:
        return None
    beyond = min(ahead.total - usage.bought, usage.overage_allowed)
    return beyond * held.plan.overage_price_usd if beyond > 0 else None


def state_of(held: Subscription) -> str:
    """How the subscription stands, for the words about it.

    One of trial, active, cancelling, past_due, trial_over, unpaid, cancelled.
    """
    if held.status == Status.READ_ONLY or held.status == Status.CANCELLED:
        return banner.why_read_only(held)
    if held.status == Status.PAST_DUE:
        return "past_due"
    if held.cancels_at is not None:
        return "cancelling"
    return "trial" if held.status == Status.TRIALING else "active"


def terms(held: Subscription) -> dict[str, Any]:
    """What the plan includes besides interviews, what of it is in use, and whether it is still on offer."""
    mine = held.plan
    offered = plans.offered(held.tenant)
    newer = next((plan for plan in offered if plan.family == mine.family and plan.version > mine.version), None)
    return {
        "people": plan_changes.in_use().people,
        "features": features(mine),
        "newer": newer,
        "is_offered": any(plan.pk == mine.pk for plan in offered),
    }


def features(plan: Plan) -> list[Any]:
    """The labels of what the plan includes of what there is."""
    return [feature.label for feature in Feature if getattr(plan, feature.value) and feature not in NOT_YET]


def invoices(held: Subscription) -> QuerySet[Invoice]:
    """Newest first."""
    return Invoice.objects.filter(subscription=held).order_by("-issued_at", "-number")


def next_invoice_usd(held: Subscription) -> Decimal:
    """What waits for the next invoice so far, before tax."""
    lines = InvoiceLine.objects.filter(subscription=held, invoice=None)
    return lines.aggregate(sum=Sum("amount_usd"))["sum"] or Decimal(0)


def offers(held: Subscription) -> list[Offer]:
    """This tenant's plan and those on offer to it, cheapest first."""
    use, found = plan_changes.in_use(), plans.offered(held.tenant)
    older = held.plan_id not in {plan.pk for plan in found}
    found += [held.plan] if older else []
    found.sort(key=lambda plan: (plan.price_usd, plan.family, plan.version))
    return [_offer(plan, held, use, older=older and plan.pk == held.plan_id) for plan in found]


def _offer(plan: Plan, held: Subscription, use: plan_changes.InUse, *, older: bool = False) -> Offer:
    mine = plan.pk == held.plan_id
    return Offer(
        plan=plan,
        is_mine=mine,
        is_next=plan.pk == held.next_plan_id,
        is_larger=plan.price_usd >= held.plan.price_usd and not mine,
        against=[] if mine else plan_changes.reasons_against(plan, use),
        too_many_people=not mine and plan.seats is not None and use.people > plan.seats,
        features=features(plan),
        older=older,
    )


def choice(held: Subscription, plan: Plan) -> dict[str, Any]:
    """What choosing this plan would come to: now, from the renewal on, or as the plan to begin to pay with."""
    offer = _offer(plan, held, use := plan_changes.in_use())
    unpaid = held.status in plan_changes.UNPAID and held.past_due_since is None
    shown: dict[str, Any] = {"held": held, "offer": offer, "plan": plan, "unpaid": unpaid}
    shown["support_email"] = settings.SUPPORT_EMAIL
    if unpaid:
        now = clock.now()
        shown["asked_for"] = credit.is_asked_for(held, plan)
        return shown | {"first_end": months.month_of(now, now, held.zone)[1]}
    if held.status not in Subscription.SERVED:
        return shown | {"stands_still": True}
    by_invoice = held.collection == Subscription.Collection.INVOICE
    shown["overdue"] = by_invoice and offer.is_larger and credit.is_overdue(held)
    shown["asked_for"] = by_invoice and offer.is_larger and credit.is_asked_for(held, plan)
    shown["renews_at"] = selectors.usage().period_end
    if offer.is_larger:
        try:
            found = plan_changes.preview(held, plan, plan_changes.running(held))
        except NotNow:  # a tenant that closes: no month runs
            return shown | {"closes": True}
        shown["preview"] = found
        shown["against_now"] = plan_changes.reasons_against(plan, use, period=found.period, included=found.included)
    shown["confirms"] = _confirms(held, offer, shown)
    return shown


def _confirms(held: Subscription, offer: Offer, shown: dict[str, Any]) -> bool:
    """Whether the page has a button that changes the plan."""
    if offer.is_mine or offer.against or shown["overdue"] or shown["asked_for"]:
        return False
    now = offer.is_larger and not shown["against_now"]
    return now or not (offer.is_next or held.cancels_at)


def costs_of_overage(held: Subscription) -> dict[str, Decimal]:
    """The most that a period can cost beyond the plan's price: as it is allowed now, and if all of it were."""
    price = held.plan.overage_price_usd or Decimal(0)
    return {"costs_usd": held.overage_limit * price, "most_usd": held.plan.most_overage * price}
