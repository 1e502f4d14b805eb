"""Reading the audit trail, which is itself audited."""

from dataclasses import asdict
from typing import Any

from accounts.models import User
from accounts.roles import SUPPORT_ROLES, Permission
from compliance import selectors
from compliance.selectors import Wanted
from core import audit


def read(*, by: User, wanted: Wanted) -> dict[str, Any]:
    """A page of the trail, whose newest row is this look at it. Support reads no details: outcomes are among them.

    :raises accounts.roles.NotPermitted: with nothing read.
    """
    by.require(Permission.VIEW_AUDIT)
    asked: dict[str, Any] = {name: str(value) for name, value in asdict(wanted).items() if value}
    audit.record("audit.viewed", **asked)
    return selectors.trail(wanted, details=by.role not in SUPPORT_ROLES)
