"""What the portal's frame shows on every page."""

from typing import Any

from django.http import HttpRequest

from accounts.models import User
from accounts.roles import Permission
from billing import selectors as billing
from interviews import selectors
from interviews.selectors import policies
from interviews.selectors.people import initials
from llm import gateway, health


def portal(request: HttpRequest) -> dict[str, Any]:
    """`basic_mode` on tenant hosts; for people signed in `model_mode`, `viewer`, `may`, `quota` and `nav`."""
    if getattr(request, "tenant", None) is None:
        return {}
    user = getattr(request, "user", None)
    shared: dict[str, Any] = {"basic_mode": gateway.mode(policy := policies.of_tenant()) == "basic"}
    if not isinstance(user, User):
        return shared
    usage = billing.usage()
    return shared | {
        "model_mode": health.mode(policy),
        "viewer": {"name": user.name, "email": user.email, "initials": initials(user.name)},
        "quota": {
            "plan_name": usage.plan,
            "used": usage.used,
            "included": usage.included,
            "renews_on": usage.period_end.date(),
            "exhausted": usage.left <= 0,
        },
        "may": {permission.value: user.may(permission) for permission in Permission},
        "nav": {"to_review": selectors.to_review_count(user)},
    }
