"""The figures of quality, for those who answer for them: sums only, so that reading them is reading nobody's data."""

from datetime import timedelta
from typing import Any

from accounts.models import User
from accounts.roles import NotPermitted, Permission
from core import clock
from interviews.selectors import quality

PERIODS = (30, 90)  # days


def read(*, by: User, days: int) -> dict[str, Any]:
    """What selectors.quality adds up of the last `days`.

    :raises accounts.roles.NotPermitted: for who neither audits nor manages jobs.
    """
    if not (by.may(Permission.VIEW_AUDIT) or by.may(Permission.MANAGE_JOBS)):
        raise NotPermitted(f"{by.role} may not read the figures of quality")
    return quality.figures(clock.now() - timedelta(days=days))
