"""What a plan includes, as the house asks for it (core.entitlements)."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Plan, Subscription
from core import tenancy
from core.entitlements import FEWEST_AT_ONCE, FEWEST_CALLS, Feature, Terms


def of_tenant() -> Terms:
    """The terms of the current tenant's plan; the fewest of a tenant without one. One query."""
    held = Subscription.objects.filter(tenant_id=tenancy.tenant_id()).select_related("plan").first()
    return of_plan(held.plan) if held else Terms()


def to_begin() -> Terms:
    """What may be begun: of the present plan and the one chosen for the renewal the narrower, so that what the next one
    lacks is not set up in the last minute and kept. One query."""
    held = Subscription.objects.filter(tenant_id=tenancy.tenant_id()).select_related("plan", "next_plan").first()
    if held is None:
        return Terms()
    now = of_plan(held.plan)
    if held.next_plan is None:
        return now
    then = of_plan(held.next_plan)
    seats = min((terms.seats for terms in (now, then) if terms.seats is not None), default=None)
    narrower = then.plan if then.features < now.features or seats != now.seats else now.plan
    return replace(now, plan=narrower, features=now.features & then.features, seats=seats)


def of_plan(plan: Plan) -> Terms:
    """What this plan includes besides interviews; zero of a limit means the fewest that work."""
    return Terms(
        plan=plan.name,
        features=frozenset(feature.value for feature in Feature if getattr(plan, feature.value)),
        seats=plan.seats,
        turns_at_once=plan.turns_at_once or FEWEST_AT_ONCE,
        api_calls_a_minute=plan.api_calls_a_minute or FEWEST_CALLS,
    )


def too_many(people: int, invited: int, *, seats: int) -> str:
    """Why a plan with so many seats does not fit: `invited` of `people` have no account so far."""
    if not invited:
        return ngettext(
            "%(people)d person has an account, but this plan includes only %(seats)d. Disable some accounts first.",
            "%(people)d people have accounts, but this plan includes only %(seats)d. Disable some accounts first.",
            people,
        ) % {"people": people, "seats": seats}
    accounts = ngettext("%d person", "%d people", people - invited) % (people - invited)
    open_ones = ngettext("%d open invitation", "%d open invitations", invited) % invited
    said = _("%(people)s and %(invited)s, but this plan includes only %(seats)d. Disable or revoke some first.")
    return said % {"people": accounts, "invited": open_ones, "seats": seats}
