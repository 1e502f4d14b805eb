"""Plans: what is on offer, and to whom."""

import json
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet

from billing.models import Plan, Subscription
from core import audit, clock
from tenants.models import Tenant
from tenants.services.provisioning import Offer

PLANS = Path(__file__).resolve().parents[1] / "data" / "plans.json"


class UnknownPlan(LookupError):
    """No such plan is on offer."""


class NoLongerOffered(UnknownPlan):
    """It was on offer to this tenant; `has_newer` says whether its family has other terms now."""

    def __init__(self, plan: Plan, *, has_newer: bool) -> None:
        super().__init__(plan.pk)
        self.plan, self.has_newer = plan, has_newer


class VersionTaken(Exception):
    """Somebody added a version of this plan meanwhile; look at it before you add another one."""


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


def to_start_with() -> list[Offer]:
    """Every plan on offer to everybody, by its family, cheapest first."""
    if not Plan.objects.exists():
        load()
    return [
        Offer(
            code=plan.family,
            name=plan.name,
            price_usd=plan.price_usd,
            interviews_a_month=plan.interviews_a_month,
            trial_interviews=plan.trial_interviews,
            trial_days=plan.trial_days,
        )
        for plan in offered()
    ]


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

    :raises NoLongerOffered: if it was on offer before.
    :raises UnknownPlan: if it never was, or is another tenant's contract.
    """
    found = offered(tenant)
    for plan in found:
        if plan.code == code:
            return plan
    older = Plan.objects.filter(Q(tenant=None) | Q(tenant=tenant), code=code).first()
    if older is None:
        raise UnknownPlan(code)
    raise NoLongerOffered(older, has_newer=any(plan.family == older.family for plan in found))


def choosable(code: str, held: Subscription) -> Plan:
    """The plan with this code, if this subscription's tenant may choose it, or has it.

    :raises UnknownPlan: otherwise.
    """
    return held.plan if code == held.plan_id else for_tenant(code, held.tenant)


def is_others(family: str, tenant: Tenant | None) -> bool:
    """Whether this family is one of other terms' holders: everybody's for a contract, or another tenant's."""
    return Plan.objects.filter(family=family).exclude(tenant=tenant).exists()


def versions(family: str) -> int:
    """The newest version of a family; 0 if there is none."""
    return Plan.objects.filter(family=family).aggregate(newest=Max("version"))["newest"] or 0


@transaction.atomic
def add_version(plan: Plan, *, after: int) -> Plan:
    """Store this plan as the next version of its family. Whoever has an older one keeps its terms.

    :param after: the newest version that the person saw; 0 = a family of its own.
    :raises VersionTaken: if there is a newer one by now.
    """
    plan.version = after + 1
    plan.code = plan.family if not after else f"{plan.family}-v{plan.version}"
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError as error:
        raise VersionTaken from error
    whose = plan.tenant.schema_name if plan.tenant else ""
    audit.record("plan.version_added", plan, family=plan.family, version=plan.version, tenant=whose)
    return plan


@transaction.atomic
def change_offer(plan: Plan) -> None:
    """Store what of a plan may change: until when it is offered, and its price at Stripe."""
    plan.save(update_fields=["withdrawn_at", "stripe_price"])
    withdrawn = plan.withdrawn_at.isoformat() if plan.withdrawn_at else ""
    audit.record("plan.offer_changed", plan, withdrawn=withdrawn)


def _open() -> QuerySet[Plan]:
    return Plan.objects.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=clock.now()))
