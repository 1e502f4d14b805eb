"""Another plan: now with proration, or from the renewal on. The same terms are no change."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import InvoiceLine, Plan, QuotaPeriod, Subscription
from billing.services import charges, entitlements, periods, plans, proration, room, warnings
from billing.services.subscriptions import NotNow, locked
from core import audit, clock, tenancy
from core import entitlements as asked
from core.ids import uuid7

Status = Subscription.Status
UNPAID = frozenset({Status.TRIALING, Status.READ_ONLY, Status.CANCELLED})  # nothing is owed for the plan in force


class ChangedMeanwhile(Exception):
    """Somebody else changed the plan after the page was shown; look at it again."""


class LargerOnly(Exception):
    """A smaller plan starts with the next period, so you keep what you have paid for."""


class BelowUse(Exception):
    """More is in use than the plan includes; `reasons` say what to give up first."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change now would come to, for the period that runs."""

    plan: Plan
    change: proration.Change
    included: int
    period: QuotaPeriod


@dataclass(frozen=True, slots=True)
class InUse:
    """What the current tenant uses of its plan besides interviews; `invited` of its `people` have no account so far."""

    people: int
    features: frozenset[str]
    invited: int = 0


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
    if Subscription.objects.values_list("plan_id", flat=True).get(pk=held.pk) != shown:
        raise ChangedMeanwhile  # the month began with another plan just now
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
    warnings.fit(period)
    room.came(held)
    _charge(held, period, before=before, change=change, change_id=change_id)
    audit.record("subscription.plan_changed", held, before=before, plan=plan.pk, at="now", net=str(change.net_usd))
    return held


@transaction.atomic
def may_change_now(*, subscription_id: UUID, code: str, shown: str) -> Plan:
    """The plan that `change_now` would change to; nothing is changed.

    :raises ChangedMeanwhile, LargerOnly, BelowUse, NotNow, plans.UnknownPlan: as that would.
    """
    held, plan = _asked(subscription_id, code, shown)
    if plan.price_usd < held.plan.price_usd:
        raise LargerOnly
    period = _current(held)
    require_fits(plan, period=period, included=period.included + _proration(held, plan, period).interviews)
    return plan


@transaction.atomic
def may_change_at_renewal(*, subscription_id: UUID, code: str, shown: str) -> Plan:
    """The plan that `change_at_renewal` would choose; nothing is changed.

    :raises ChangedMeanwhile, BelowUse, NotNow, plans.UnknownPlan: as that would.
    """
    held = _locked_as_shown(subscription_id, shown)
    plan = plans.choosable(code, held)
    if plan.pk != held.plan_id:
        require_fits(plan)
    return plan


@transaction.atomic
def follow(held: Subscription, plan: Plan) -> None:
    """Stripe sells the tenant another plan since now: what is included follows by the rest of the period.

    Nothing is refused any more, so what was used stays included, but for what was used beyond: that stays owed, at the
    price of the plan under which it was used. The caller locked the subscription.
    """
    period, before = held.periods.select_for_update(no_key=True).first(), held.plan_id
    limit = min(held.overage_limit, plan.most_overage)
    if period is not None:
        more = _proration(held, plan, period).interviews
        allowed = max(limit, charges.overage_of(period))
        least = period.reserved + period.consumed - period.credited - allowed
        period.included, period.plan, period.overage_allowed = max(period.included + more, least, 0), plan, allowed
        period.save(update_fields=["included", "plan", "overage_allowed"])
        charges.settle_overage(period, why=uuid7())
        warnings.fit(period)
        room.came(held)
    _save(held, plan=plan, next_plan=None, overage_limit=limit)
    audit.record("subscription.plan_changed", held, before=before, plan=plan.pk, at="now")


@transaction.atomic
def change_at_renewal(*, subscription_id: UUID, code: str, shown: str) -> Subscription:
    """Another plan from the next period on; choosing the present one takes such a wish back.

    :raises ChangedMeanwhile, BelowUse, NotNow, plans.UnknownPlan: with nothing changed.
    """
    held = _locked_as_shown(subscription_id, shown)
    plan = plans.choosable(code, held)
    if held.status == Status.TRIALING:
        return _try_another(held, plan)
    if plan.pk != held.plan_id:
        require_fits(plan)
    _save(held, next_plan=None if plan.pk == held.plan_id else plan)
    audit.record("subscription.plan_chosen", held, plan=plan.pk, at="renewal")
    return held


@transaction.atomic
def choose_unpaid(*, subscription_id: UUID, code: str, shown: str) -> Subscription:
    """The plan to begin to pay with: of a trial, after it, or after a cancellation. The present one is no change.

    :raises ChangedMeanwhile, BelowUse, NotNow, plans.UnknownPlan: with nothing changed.
    """
    held = locked(subscription_id)
    if held.plan_id != shown:
        raise ChangedMeanwhile
    if held.status not in UNPAID or held.past_due_since is not None or held.stopped_by_staff_at is not None:
        raise NotNow(held.get_status_display())
    if code == held.plan_id:
        require_fits(held.plan)
        return held
    return _try_another(held, plans.for_tenant(code, held.tenant))


def running(held: Subscription) -> QuotaPeriod:
    """The period that runs, opened if nobody did so far.

    :raises NotNow: if none does.
    """
    with tenancy.enter(held.tenant.schema_name):
        try:
            return periods.current()
        except periods.NoPeriod as error:
            raise NotNow(str(error)) from error


def preview(held: Subscription, plan: Plan, period: QuotaPeriod) -> Preview:
    """What `change_now` would do at this instant, while this period runs; nothing is changed."""
    change = _proration(held, plan, period)
    return Preview(plan, change, period.included + change.interviews, period)


def require_fits(plan: Plan, *, period: QuotaPeriod | None = None, included: int = 0) -> None:
    """:raises BelowUse: if more is in use than the plan has: people, features, interviews of `period`."""
    reasons = reasons_against(plan, in_use(), period=period, included=included)
    if reasons:
        raise BelowUse(reasons)


def in_use() -> InUse:
    """What the current tenant uses now; queries for the people, and one for each feature."""
    return InUse(asked.people(), asked.used(), asked.invited())


def reasons_against(plan: Plan, use: InUse, *, period: QuotaPeriod | None = None, included: int = 0) -> list[str]:
    """What to give up before this plan fits, in sentences; none if it does."""
    reasons, terms = [], entitlements.of_plan(plan)
    if terms.seats is not None and use.people > terms.seats:
        reasons.append(entitlements.too_many(use.people, use.invited, seats=terms.seats))
    for feature in sorted(use.features - terms.features):
        reasons.append(
            _("You use a feature that this plan does not include: %(what)s.") % {"what": asked.Feature(feature).label}
        )
    if period is not None:
        beyond = min(period.subscription.overage_limit, plan.most_overage)
        used, fits = period.reserved + period.consumed, included + period.credited + beyond
        if used > fits:
            reasons.append(
                ngettext(
                    "%(interviews)s interview was used in this period; this plan would allow only %(room)s.",
                    "%(interviews)s interviews were used in this period; this plan would allow only %(room)s.",
                    used,
                )
                % {"interviews": _many(used), "room": _many(fits)}
            )
    return reasons


def _many(number: int) -> str:
    return str(number_format(number, force_grouping=True))


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
    _save(held, plan=plan, next_plan=None, overage_limit=min(held.overage_limit, plan.most_overage))
    audit.record("subscription.plan_changed", held, before=before, plan=plan.pk, at="trial")
    return held


def _current(held: Subscription) -> QuotaPeriod:
    return QuotaPeriod.objects.select_for_update(no_key=True).get(pk=running(held).pk)


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
