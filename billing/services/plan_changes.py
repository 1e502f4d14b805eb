"""Another plan: now with proration, or from the renewal on. The same terms are no change."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import InvoiceLine, Plan, QuotaPeriod, Subscription
from billing.services import charges, entitlements, periods, plans, proration
from billing.services.subscriptions import NotNow, locked
from core import audit, clock, tenancy
from core import entitlements as asked
from core.ids import uuid7

Status = Subscription.Status


class ChangedMeanwhile(Exception):
    """Somebody else changed the plan after the page was shown; look at it again."""


class LargerOnly(Exception):
    """A smaller plan begins with the next period: what was paid for stays until then."""


class BelowUse(Exception):
    """More is in use than the plan includes; `reasons` say what to give up first."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change now would come to."""

    plan: Plan
    change: proration.Change
    included: int


@transaction.atomic
def change_now(*, subscription_id: UUID, code: str, shown: str, may_shrink: bool = False) -> Subscription:
    """Another plan from this instant; the rest of the period is charged and credited by its microseconds.

    :param shown: the plan that the person saw as theirs.
    :param may_shrink: whether it may be a cheaper one (the platform's staff).
    :raises ChangedMeanwhile, LargerOnly, BelowUse, NotNow, plans.UnknownPlan: with nothing changed.
    """
    held, plan = _asked(subscription_id, code, shown)
    if held.status == Status.TRIALING:
        return _try_another(held, plan)
    if plan.price_usd < held.plan.price_usd and not may_shrink:
        raise LargerOnly
    period = _current(held)
    change = _proration(held, plan, period)
    require_fits(plan, period=period, included=period.included + change.interviews)
    before, change_id = held.plan_id, uuid7()
    limit = min(held.overage_limit, plan.most_overage)
    _save(held, plan=plan, next_plan=None, overage_limit=limit)
    QuotaPeriod.objects.filter(pk=period.pk).update(
        included=F("included") + change.interviews, plan=plan, overage_allowed=limit
    )
    period.refresh_from_db()
    charges.settle_overage(period, why=change_id)
    _charge(held, period, before=before, change=change, change_id=change_id)
    audit.record("subscription.plan_changed", held, before=before, plan=plan.pk, at="now", net=str(change.net_usd))
    return held


@transaction.atomic
def change_at_renewal(*, subscription_id: UUID, code: str, shown: str) -> Subscription:
    """Another plan from the next period on; choosing the present one takes such a wish back.

    :raises ChangedMeanwhile, BelowUse, NotNow, plans.UnknownPlan: with nothing changed.
    """
    held = _locked_as_shown(subscription_id, shown)
    plan = held.plan if code == held.plan_id else plans.for_tenant(code, held.tenant)
    if held.status == Status.TRIALING:
        return _try_another(held, plan)
    if plan.pk != held.plan_id:
        require_fits(plan)
    _save(held, next_plan=None if plan.pk == held.plan_id else plan)
    audit.record("subscription.plan_chosen", held, plan=plan.pk, at="renewal")
    return held


def preview(held: Subscription, plan: Plan) -> Preview:
    """What `change_now` would do at this instant; nothing is changed.

    :raises NotNow: if no period runs.
    """
    period = _current(held)
    change = _proration(held, plan, period)
    return Preview(plan, change, period.included + change.interviews)


def require_fits(plan: Plan, *, period: QuotaPeriod | None = None, included: int = 0) -> None:
    """:raises BelowUse: if more is in use than the plan has: people, features, interviews of `period`."""
    reasons, terms = [], entitlements.of_plan(plan)
    people = asked.people()
    if terms.seats is not None and people > terms.seats:
        reasons.append(
            _("%(people)d people have an account; this plan includes %(seats)d. Disable some first.")
            % {"people": people, "seats": terms.seats}
        )
    for feature in sorted(asked.used() - terms.features):
        reasons.append(_("In use, and not in this plan: %(what)s.") % {"what": asked.Feature(feature).label})
    if period is not None:
        used, room = period.reserved + period.consumed, included + period.credited + plan.most_overage
        if used > room:
            reasons.append(
                ngettext("%(used)d interview was used", "%(used)d interviews were used", used) % {"used": used}
                + _(" in this period; this plan would leave %(room)d of it.") % {"room": room}
            )
    if reasons:
        raise BelowUse(reasons)


def _asked(subscription_id: UUID, code: str, shown: str) -> tuple[Subscription, Plan]:
    held = _locked_as_shown(subscription_id, shown)
    plan = plans.for_tenant(code, held.tenant)
    if plan.pk == held.plan_id:
        raise NotNow(_("This is the plan that you have."))
    return held, plan


def _locked_as_shown(subscription_id: UUID, shown: str) -> Subscription:
    held = locked(subscription_id)
    if held.plan_id != shown:
        raise ChangedMeanwhile
    if held.status not in Subscription.SERVED:
        raise NotNow(held.get_status_display())
    return held


def _try_another(held: Subscription, plan: Plan) -> Subscription:
    require_fits(plan)
    before = held.plan_id
    _save(held, plan=plan)
    audit.record("subscription.plan_changed", held, before=before, plan=plan.pk, at="trial")
    return held


def _current(held: Subscription) -> QuotaPeriod:
    with tenancy.enter(held.tenant.schema_name):
        try:
            return QuotaPeriod.objects.select_for_update(no_key=True).get(pk=periods.current().pk)
        except periods.NoPeriod as error:
            raise NotNow(str(error)) from error


def _proration(held: Subscription, plan: Plan, period: QuotaPeriod) -> proration.Change:
    return proration.change(
        old_usd=held.plan.price_usd,
        new_usd=plan.price_usd,
        old_interviews=held.plan.interviews_a_month,
        new_interviews=plan.interviews_a_month,
        rest=proration.rest_of(period.period_start, period.period_end, clock.now()),
    )


def _charge(held: Subscription, period: QuotaPeriod, *, before: str, change: proration.Change, change_id: UUID) -> None:
    now = clock.now()
    old = Plan.objects.get(pk=before)
    for plan, amount, what in ((old, change.credit_usd, "credit"), (held.plan, change.charge_usd, "charge")):
        charges.charge(
            held,
            kind=InvoiceLine.Kind.PRORATION,
            text=str(plan),
            unit_price_usd=amount,
            amount_usd=amount,
            period=period,
            since=now,
            key=f"change:{change_id}:{what}",
        )


def _save(held: Subscription, **changes: object) -> None:
    for name, value in changes.items():
        setattr(held, name, value)
    held.save(update_fields=list(changes))
