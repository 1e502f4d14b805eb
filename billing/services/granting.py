"""What is allowed beyond the plan: an overage that the tenant pays for, credits and longer trials by the staff."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from billing.models import CreditGrant, QuotaPeriod, Subscription
from billing.models.quota import MOST_CREDITS
from billing.services import charges, periods, room, warnings
from billing.services.subscriptions import NotNow, locked
from core import audit, clock, state
from core.state import TransitionNotAllowed
from tenants.services import reading_only

MOST_TRIAL_DAYS = 60
LONGEST_TRIAL = timedelta(days=90)  # in all, from its beginning
SHORTEST_REASON = 10
Status = Subscription.Status


class BadGrant(ValueError):
    """The number or the reason is not one that can be granted; nothing was changed."""


@transaction.atomic
def allow_overage(*, subscription_id: UUID, limit: int) -> Subscription:
    """Let so many interviews a period begin beyond those included, from now on; 0 = none.

    :raises BadGrant: if the plan has no such overage, or more of it was used already in this period.
    """
    held = locked(subscription_id)
    most = held.plan.most_overage if held.status != Status.TRIALING else 0
    if not 0 <= limit <= most:
        raise BadGrant(_("Between 0 and %(most)s interviews.") % {"most": number_format(most, force_grouping=True)})
    running = QuotaPeriod.objects.filter(
        subscription=held, period_start__lte=clock.now(), period_end__gt=clock.now(), is_trial=False
    )
    fits = running.filter(included__gte=F("reserved") + F("consumed") - F("credited") - limit)
    if fits.update(overage_allowed=limit) != running.count():
        raise BadGrant(_("More than that were used in this period already."))
    before, held.overage_limit = held.overage_limit, limit
    held.save(update_fields=["overage_limit"])
    for period in running:
        warnings.fit(period)
    if limit > before:
        room.came(held)
    audit.record("subscription.overage_allowed", held, before=before, limit=limit)
    return held


@transaction.atomic
def credit(*, subscription_id: UUID, interviews: int, reason: str, by: UUID) -> CreditGrant:
    """Give interviews to the period that runs now; what was overage of it is taken back so far.

    :raises BadGrant: for an absurd number, or no reason. :raises NotNow: if no period runs.
    """
    reason = reasoned(reason)
    if not 1 <= interviews <= MOST_CREDITS:
        raise BadGrant(_("Between 1 and %(most)d interviews.") % {"most": MOST_CREDITS})
    held = locked(subscription_id)
    now = clock.now()
    running = held.periods.select_for_update(no_key=True).filter(period_start__lte=now, period_end__gt=now).first()
    if running is None:
        raise NotNow(held.get_status_display())
    grant = CreditGrant.objects.create(period=running, interviews=interviews, reason=reason, granted_by=by)
    running.credited += interviews
    running.save(update_fields=["credited"])
    charges.settle_overage(running, why=grant.pk)
    warnings.fit(running)
    room.came(held)
    audit.record("subscription.credited", held, interviews=interviews, grant=str(grant.pk))
    return grant


@transaction.atomic
def extend_trial(*, subscription_id: UUID, days: int, reason: str) -> Subscription:
    """Let the trial go on for so many days from its end, or from now if it is over; its interviews stay as many.

    :raises BadGrant: for an absurd number, no reason, or a trial that is too long in all. :raises NotNow: if it never
        was a trial, or is paid for.
    """
    reasoned(reason)
    if not 1 <= days <= MOST_TRIAL_DAYS:
        raise BadGrant(_("Between 1 and %(most)d days.") % {"most": MOST_TRIAL_DAYS})
    held = locked(subscription_id)
    trial = held.periods.filter(is_trial=True).first()
    if trial is None or held.trial_ends_at is None or held.status not in (Status.TRIALING, Status.READ_ONLY):
        raise NotNow(held.get_status_display())
    ends = max(held.trial_ends_at, clock.now()) + timedelta(days=days)
    _require_not_too_long(trial, ends, held.zone)
    try:
        if held.status == Status.READ_ONLY:
            state.move(held, Status.TRIALING)
            reading_only.end(held.tenant)
    except TransitionNotAllowed as error:
        raise NotNow(held.get_status_display()) from error
    held.trial_ends_at = trial.period_end = ends
    held.cancels_at = None  # who has it extended goes on trying
    trial.closed_at = None  # a day after its end it was: its interviews may begin again
    held.save(update_fields=["trial_ends_at", "cancels_at"])
    trial.save(update_fields=["period_end", "closed_at"])
    periods.owe_renewal(held)
    room.came(held)
    audit.record("subscription.trial_extended", held, days=days)
    return held


def _require_not_too_long(trial: QuotaPeriod, ends: datetime, zone: str) -> None:
    last = trial.period_start + LONGEST_TRIAL
    if ends <= last:
        return
    began, until = (date_format(at.astimezone(ZoneInfo(zone)), "j F Y") for at in (trial.period_start, last))
    said = _("A trial lasts at most %(days)d days in all: this one began on %(began)s and can go on until %(until)s.")
    raise BadGrant(said % {"days": LONGEST_TRIAL.days, "began": began, "until": until})


def reasoned(reason: str) -> str:
    """The reason with single spaces.

    :raises BadGrant: unless it is a sentence.
    """
    said = " ".join(reason.split())
    if not SHORTEST_REASON <= len(said) <= 500:
        raise BadGrant(_("Say in a sentence why."))
    return said
