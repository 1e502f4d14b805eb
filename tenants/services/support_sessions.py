"""A session of support: no person of the tenant, only a grant that every request looks at again.

The viewer of such a session is a User that no table holds. Its id is the grant's: an id that no row of the tenant can
have, so nothing of anybody's own (a review, an assignment) is ever taken for the viewer's.
"""

from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import User
from accounts.services.signing_in import Method
from tenants.models import SupportGrant

KEY = "support_grant"


class NobodysRow(RuntimeError):
    """The viewer of a support session is no row of the tenant and never becomes one."""


def begin(request: HttpRequest, grant: SupportGrant) -> None:
    """A new session for this grant: what the browser held before is gone, and the key is another."""
    request.session.flush()
    request.session[KEY] = str(grant.pk)
    request.session["method"] = Method.SUPPORT
    request.session.set_expiry(grant.minutes * 60)
    rotate_token(request)


def viewer(grant: SupportGrant) -> User:
    """Who looks: unsaved, and refusing to be saved or deleted."""
    role = roles.SUPPORT_WRITE if grant.scope == SupportGrant.Scope.WRITE else roles.SUPPORT
    user = User(id=grant.pk, email=grant.staff_email, name=_("Candor support"), role=role)
    user.save = user.delete = _refuse  # type: ignore[method-assign,assignment]
    return user


def _refuse(*args: Any, **kwargs: Any) -> None:
    raise NobodysRow
