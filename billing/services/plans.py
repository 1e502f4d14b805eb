"""Plans: what is on offer, and to whom."""

import json
from pathlib import Path

from django.db.models import Q, QuerySet

from billing.models import Plan
from core import clock
from tenants.models import Tenant

PLANS = Path(__file__).resolve().parents[1] / "data" / "plans.json"


class UnknownPlan(LookupError):
    """No such plan is on offer."""


def load() -> None:
    """Put the plans of the data file into the table; a version that exists stays as it is."""
    rows = [Plan(**row) for row in json.loads(PLANS.read_text())]
    Plan.objects.bulk_create(rows, ignore_conflicts=True)


def offered(tenant: Tenant | None = None) -> list[Plan]:
    """The newest version of each plan on offer, and this tenant's own contracts; cheapest first."""
    newest: dict[str, Plan] = {}
    for plan in _open().filter(Q(tenant=None) | Q(tenant=tenant)).order_by("version"):
        newest[plan.family] = plan
    return sorted(newest.values(), key=lambda plan: (plan.price_usd, plan.code))


def choices() -> list[tuple[str, str]]:
    """Family and name of every plan on offer to everybody, cheapest first."""
    if not Plan.objects.exists():
        load()
    return [(plan.family, plan.name) for plan in offered()]


def newest(family: str) -> Plan:
    """The version of this plan that a new tenant gets.

    :raises UnknownPlan: if there is none on offer to everybody.
    """
    plan = _open().filter(family=family, tenant=None).order_by("version").last()
    if plan is None:
        raise UnknownPlan(family)
    return plan


def for_tenant(code: str, tenant: Tenant) -> Plan:
    """The plan with this code, if this tenant may choose it.

    :raises UnknownPlan: if it is not on offer, or another tenant's contract.
    """
    for plan in offered(tenant):
        if plan.code == code:
            return plan
    raise UnknownPlan(code)


def _open() -> QuerySet[Plan]:
    return Plan.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=clock.now()))
