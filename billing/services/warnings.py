"""What tells a tenant in time that its interviews come to their end: at 80, 95 and 100 percent of what it bought."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from accounts.roles import Permission
from billing.models import BillingNotice, QuotaPeriod
from billing.services import mail
from core import audit, clock, due, tenancy
from tenants.services import staff_mail

PERCENTS = (80, 95, 100)
ALL = 101  # the mark after the last: what was allowed beyond is used up too
Kind = mail.Kind


def notice(period: QuotaPeriod, *, used: int, bought: int) -> None:
    """Owe a warning where this start passed one of the marks; `warned_percent` keeps it to one each."""
    if any(used == mark for mark in _marks(bought, period.overage_allowed).values()):
        due.owe("quota_warning", period.pk)


def fit(period: QuotaPeriod) -> None:
    """What may be used of the period changed: marks that are no longer reached are told of again when they are."""
    mark = _reached(period)
    QuotaPeriod.objects.filter(pk=period.pk).update(warned_percent=Least(F("warned_percent"), mark))
    if mark > period.warned_percent:
        with tenancy.enter(period.subscription.tenant.schema_name):
            due.owe("quota_warning", period.pk)


@transaction.atomic
def warn(*, period_id: UUID) -> None:
    """Tell the tenant how much of the period is used, once a mark."""
    # Held before what is owed, as by a start that passes a mark: else each would wait for the other.
    held = QuotaPeriod.objects.select_for_update(no_key=True, of=("self",))
    period = held.select_related("subscription", "plan").get(pk=period_id)
    mark = _reached(period)
    due.settle("quota_warning", period_id)
    if period.period_end <= clock.now():
        return
    if QuotaPeriod.objects.filter(pk=period_id, warned_percent__lt=mark).update(warned_percent=mark) != 1:
        return
    audit.record("quota.warned", period, percent=min(mark, 100))
    _tell(period, mark)


def _marks(bought: int, beyond: int) -> dict[int, int]:
    """Percent -> from how many used interviews on."""
    marks = {percent: -(-bought * percent // 100) for percent in PERCENTS}
    return marks | ({ALL: bought + beyond} if beyond else {})


def _reached(period: QuotaPeriod) -> int:
    used = period.reserved + period.consumed
    marks = _marks(period.bought, period.overage_allowed)
    return max((percent for percent, least in marks.items() if used and used >= least), default=0)


def _tell(period: QuotaPeriod, mark: int) -> None:
    """Who sees bills; and where no further interview starts, who invites as well."""
    key = f"{mark}:{period.pk}:{period.bought}:{period.overage_allowed}"
    about: dict[str, Any] = {"period": str(period.pk), "percent": mark}
    money = staff_mail.people(Permission.VIEW_BILLING)
    mail.tell_each(period.subscription, Kind.QUOTA, key=f"quota:{key}", people=money, **about)
    if mark == ALL or (mark == max(PERCENTS) and not period.overage_allowed):
        others = staff_mail.people(Permission.INVITE).exclude(pk__in=money.values("pk"))
        mail.tell_each(period.subscription, Kind.QUOTA_INVITE, key=f"quota_invite:{key}", people=others, **about)


def _context(row: BillingNotice) -> dict[str, Any] | None:
    """What the period is like now; None once it is over, or has room again."""
    period = QuotaPeriod.objects.select_related("plan").filter(pk=row.detail["period"]).first()
    if period is None or period.period_end <= clock.now() or _reached(period) < row.detail["percent"]:
        return None
    used = period.reserved + period.consumed
    return {
        "period": period,
        "used": used,
        "bought": period.bought,
        "percent": 100 if not period.bought else used * 100 // period.bought,
        "mark": row.detail["percent"],
        "left": max(0, period.bought - used),
        "beyond_left": max(0, period.bought + period.overage_allowed - max(used, period.bought)),
        "waiting_url": tenancy.current().page("portal_waiting"),
        "price_usd": period.plan.overage_price_usd if period.plan else None,
    }


mail.register(Kind.QUOTA, _context)
mail.register(Kind.QUOTA_INVITE, _context)
