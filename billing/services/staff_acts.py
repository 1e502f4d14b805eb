"""What the platform's staff does to a tenant's subscription, with a reason: it stands in both audit trails.

`seen` is the subscription as the page showed it (`selectors.staff.fingerprint`): of two people at once the second is
told so, and nothing is done twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import CreditGrant, Subscription
from billing.selectors.staff import fingerprint
from billing.services import announcing, dunning, granting, months, plan_changes, standing, subscriptions
from billing.services.stripe import checkout
from billing.services.subscriptions import NotNow
from core import audit, clock, tenancy
from tenants.services import trails

Status = Subscription.Status


class SeenOtherwise(Exception):
    """Somebody changed the subscription since the page was shown."""


class PaidByCard(NotNow):
    """Stripe's word counts for this subscription; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """On what and by whom: `by` is a person of the platform's staff."""

    subscription_id: UUID
    seen: str
    reason: str
    by: UUID


def change_plan(asked: Asked, *, code: str, when: str) -> None:
    """Another plan, also a smaller one: `when` is now or renewal. Where nothing is paid for it is there at once.

    :raises plan_changes.BelowUse, plan_changes.ChangedMeanwhile, NotNow, plans.UnknownPlan: with nothing changed.
    """
    with _acting(asked, "change_plan") as held:
        _require_own(held)
        chosen: dict[str, Any] = {"subscription_id": held.pk, "code": code, "shown": held.plan_id}
        if held.status in plan_changes.UNPAID - {Status.TRIALING}:
            plan_changes.choose_unpaid(**chosen)
        elif when == "now":
            plan_changes.change_now(**chosen, may_shrink=True)
        else:
            plan_changes.change_at_renewal(**chosen)


def credit(asked: Asked, *, interviews: int) -> CreditGrant:
    """Give interviews to the period that runs.

    :raises granting.BadGrant, NotNow: see `granting.credit`.
    """
    with _acting(asked, "credit") as held:
        return granting.credit(subscription_id=held.pk, interviews=interviews, reason=asked.reason, by=asked.by)


def extend_trial(asked: Asked, *, days: int) -> None:
    """Let the trial go on. See `granting.extend_trial` for what is refused."""
    with _acting(asked, "extend_trial") as held:
        granting.extend_trial(subscription_id=held.pk, days=days, reason=asked.reason)


def allow_overage(asked: Asked, *, limit: int) -> None:
    """Let so many interviews a period begin beyond those included. See `granting.allow_overage`."""
    with _acting(asked, "allow_overage") as held:
        granting.allow_overage(subscription_id=held.pk, limit=limit)


def set_zone(asked: Asked, *, zone: str) -> None:
    """Count months and days in the clock of this zone. The period that runs ends as it was to.

    :raises PaidByCard: where Stripe counts them. :raises granting.BadGrant: for an unknown zone.
    """
    with _acting(asked, "zone") as held:
        _require_own(held)
        if zone not in months.zones():
            raise granting.BadGrant(_("There is no such time zone."))
        before, held.zone = held.zone, zone
        held.save(update_fields=["zone"])
        audit.record("subscription.zone_changed", held, before=before, zone=zone)


def begin(asked: Asked) -> None:
    """Have the tenant pay by invoice from now on: on trial, after it, or after a cancellation.

    :raises NotNow: otherwise. :raises claim.Busy, client.Unavailable, client.Refused: while a page of Stripe's on which
        the tenant could pay by card can't be ended.
    """
    tenant = Subscription.objects.select_related("tenant").get(pk=asked.subscription_id).tenant
    with tenancy.enter(tenant.schema_name), checkout.closed(asked.subscription_id), _acting(asked, "begin") as held:
        subscriptions.activate(subscription_id=held.pk, collection=Subscription.Collection.INVOICE)


def cancel(asked: Asked) -> None:
    """End with the current period. :raises NotNow: if none runs."""
    with _acting(asked, "cancel") as held:
        _require_own(held)
        subscriptions.cancel_at_end(subscription_id=held.pk)


def keep(asked: Asked) -> None:
    """Take a cancellation back. :raises NotNow: if there is none."""
    with _acting(asked, "keep") as held:
        _require_own(held)
        subscriptions.keep(subscription_id=held.pk)


def stop(asked: Asked) -> None:
    """Read-only from now on, for want of payment: only `recover` ends it, no payment does.

    :raises NotNow: unless it is active or overdue.
    """
    with _acting(asked, "stop") as held:
        if held.status not in (Status.ACTIVE, Status.PAST_DUE):
            raise NotNow(held.get_status_display())
        held.past_due_since = held.past_due_since or clock.now()
        held.save(update_fields=["past_due_since"])
        standing.stop(held, why=standing.BY_STAFF)
        announcing.stopped(held)


def recover(asked: Asked) -> None:
    """As if it had been paid: everything goes on, and what is overdue has a grace of two weeks again. Of one
    that ended since the staff stopped it: it may begin anew.

    :raises NotNow: unless it is overdue, or read-only for want of payment (a trial is extended, or begun to be paid).
    """
    with _acting(asked, "recover") as held:
        if held.status == Status.CANCELLED and held.stopped_by_staff_at is not None:
            held.stopped_by_staff_at = None
            held.save(update_fields=["stopped_by_staff_at"])
            dunning.paid(held)
            return
        if held.status not in (Status.READ_ONLY, Status.PAST_DUE) or held.trial_ends_at is not None:
            raise NotNow(held.get_status_display())
        standing.recover(held, why=standing.BY_STAFF)
        dunning.ask_again(held)


def _require_own(held: Subscription) -> None:
    """:raises PaidByCard: where what is changed at Stripe is copied here, and not the other way round."""
    if held.stripe_subscription and held.collection == Subscription.Collection.STRIPE:
        raise PaidByCard(_("It is paid by card: change it at Stripe, and it is copied here."))


@contextmanager
def _acting(asked: Asked, act: str) -> Iterator[Subscription]:
    """The locked subscription, inside its tenant, in the name of the person; both trails say what and why.

    :raises granting.BadGrant: without a reason. :raises SeenOtherwise: if it is not as it was shown.
    """
    reason, actor = granting.reasoned(asked.reason), audit.Actor("platform", asked.by)
    with transaction.atomic():
        held = subscriptions.locked(asked.subscription_id)
        if fingerprint(held) != asked.seen:
            raise SeenOtherwise
        with trails.acting(actor), tenancy.enter(held.tenant.schema_name):
            yield held
        trails.record_in_both("subscription.staff_acted", held, tenant=held.tenant, by=actor, act=act, reason=reason)
