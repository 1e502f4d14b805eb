"""What the portal's frame shows on every page."""

from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.roles import Permission
from billing import selectors as billing
from billing.selectors import banner, receipts
from core import clock, tenancy
from interviews import selectors
from interviews.selectors import budgets, policies
from interviews.selectors.people import initials
from llm import gateway, health


def portal(request: HttpRequest) -> dict[str, Any]:
    """`basic_mode` on tenant hosts; for people signed in `model_mode`, `viewer`, `may`, `quota`, `plan_says`, `nav`,
    `budget_alerts` and `hides_receipts`.

    What costs a query is asked for by the first template that shows it: a page without the frame pays nothing.
    """
    if getattr(request, "tenant", None) is None:
        return {}
    user = getattr(request, "user", None)
    policy = cache(policies.of_tenant)  # for this one request
    usage = cache(billing.usage)
    shared: dict[str, Any] = {"basic_mode": SimpleLazyObject(lambda: gateway.mode(policy()) == "basic")}
    if not isinstance(user, User):
        return shared
    return shared | {
        "model_mode": SimpleLazyObject(lambda: health.mode(policy())),
        "viewer": {"name": user.name, "email": user.email, "initials": initials(user.name)},
        "quota": SimpleLazyObject(lambda: _quota(usage())),
        "plan_says": SimpleLazyObject(lambda: _plan_says(user, usage())),
        "may": {permission.value: user.may(permission) for permission in Permission},
        "budget_alerts": SimpleLazyObject(budgets.alerts) if user.may(Permission.VIEW_BILLING) else [],
        "hides_receipts": SimpleLazyObject(lambda: not receipts.shows_receipts()),
        "nav": SimpleLazyObject(lambda: {"to_review": selectors.to_review_count(user)}),
    }


def _quota(usage: billing.Usage) -> dict[str, Any]:
    return {
        "plan_name": usage.plan,
        "used": usage.used,
        "included": usage.bought,
        "renews_on": usage.period_end.astimezone(ZoneInfo(usage.held.zone)).date(),
        "is_trial": usage.is_trial,
        "ends": usage.held.cancels_at is not None,
        "stopped": usage.held.status not in usage.held.SERVED,
        "exhausted": usage.left <= 0,
        "next": banner.what_comes(usage.held),
        "room_by": banner.room_by(usage.held),
    }


def _plan_says(user: User, usage: billing.Usage) -> dict[str, Any] | None:
    """What stands above every page about the plan, for this person."""
    reader = banner.Reader(billing=user.may(Permission.VIEW_BILLING), invites=user.may(Permission.INVITE))
    return banner.of(usage, reader=reader, reads_only=tenancy.reads_only(), now=clock.now())
