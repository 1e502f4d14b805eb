"""What every page of a signed-in person shares: who may see it, and how it refuses."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from accounts.roles import NotPermitted, NotWhileReadOnly, Permission
from core.entitlements import NotInPlan

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, User, P], HttpResponse]


def permitted(permission: Permission | None = None) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Signed-in people whose role holds `permission` (None: everybody signed in); a service's refusal is a 403 too.

    What the plan does not include, or is not paid for, is a 402 that says so.
    """

    def wrap(view: View[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @login_required
        def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            assert isinstance(request.user, User)
            try:
                if permission is not None:
                    request.user.require(permission)
                return view(request, request.user, *args, **kwargs)
            except NotInPlan as error:
                return render(request, "accounts/not_in_plan.html", {"why": str(error)}, status=402)
            except NotWhileReadOnly:
                return while_read_only(request)
            except NotPermitted as error:
                raise PermissionDenied from error

        return checked

    return wrap


def while_read_only(request: HttpRequest) -> HttpResponse:
    """What the role may, but nobody does while the tenant is not paid for: why, and who can change that (402)."""
    return render(request, "accounts/not_in_plan.html", {"reads_only": True}, status=402)
