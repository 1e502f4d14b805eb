"""What every page of a signed-in person shares: who may see it, and how it refuses."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.roles import NotPermitted, Permission

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, User, P], HttpResponse]


def permitted(permission: Permission | None = None) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Signed-in people whose role holds `permission` (None: everybody signed in); a service's refusal is a 403 too."""

    def wrap(view: View[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @login_required
        def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            assert isinstance(request.user, User)
            try:
                if permission is not None:
                    request.user.require(permission)
                return view(request, request.user, *args, **kwargs)
            except NotPermitted as error:
                raise PermissionDenied from error

        return checked

    return wrap
