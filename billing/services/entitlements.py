"""What a plan includes, as the house asks for it (core.entitlements)."""

from billing.models import Plan, Subscription
from core import tenancy
from core.entitlements import FEWEST_AT_ONCE, FEWEST_CALLS, Feature, Terms


def of_tenant() -> Terms:
    """The terms of the current tenant's plan; the fewest of a tenant without one. One query."""
    held = Subscription.objects.filter(tenant_id=tenancy.tenant_id()).select_related("plan").first()
    return of_plan(held.plan) if held else Terms()


def of_plan(plan: Plan) -> Terms:
    """What this plan includes besides interviews; zero of a limit means the fewest that work."""
    return Terms(
        plan=plan.name,
        features=frozenset(feature.value for feature in Feature if getattr(plan, feature.value)),
        seats=plan.seats,
        turns_at_once=plan.turns_at_once or FEWEST_AT_ONCE,
        api_calls_a_minute=plan.api_calls_a_minute or FEWEST_CALLS,
        retention_days=tuple(plan.retention_days),
        sla=plan.sla,
    )
