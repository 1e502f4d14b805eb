"""Plans and subscriptions."""

import json
from pathlib import Path

from billing.models import Plan, Subscription
from core import clock
from tenants.models import Tenant

PLANS = Path(__file__).resolve().parents[1] / "data" / "plans.json"


class UnknownPlan(LookupError):
    """No plan has this code."""


def load_plans() -> None:
    """Put the plans of the data file into the table; a plan that exists keeps what an admin made of it."""
    rows = [Plan(**row) for row in json.loads(PLANS.read_text())]
    Plan.objects.bulk_create(rows, ignore_conflicts=True)


def choices() -> list[tuple[str, str]]:
    """Code and name of every plan, cheapest first."""
    if not Plan.objects.exists():
        load_plans()
    return list(Plan.objects.order_by("price_usd").values_list("code", "name"))


def subscribe_new_tenant(tenant: Tenant) -> None:
    """Give a tenant that is being set up the plan it asked for.

    :raises UnknownPlan: if there is no such plan.
    """
    load_plans()
    if not Plan.objects.filter(code=tenant.plan_code).exists():
        raise UnknownPlan(tenant.plan_code)
    Subscription.objects.get_or_create(tenant=tenant, defaults={"plan_id": tenant.plan_code, "anchor_at": clock.now()})


def drop_unused_subscription(tenant: Tenant) -> None:
    """Undo `subscribe_new_tenant`, for a tenant whose set-up failed.

    :raises django.db.models.ProtectedError: if anything was used.
    """
    Subscription.objects.filter(tenant=tenant).delete()
