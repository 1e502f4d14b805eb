"""What ends every way in: the session, the browser that is known from now on, and where to go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.services import guesses, second_factor, signing_in
from accounts.services.signing_in import Method
from core import clock

PENDING = "pending_sign_in"
LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody whose password was right and whose second factor is awaited."""

    user: User
    method: Method
    next_path: str


def safe_path(request: HttpRequest, path: str) -> str:
    """`path` if it stays on this host, else ""."""
    same = url_has_allowed_host_and_scheme(path, {request.get_host()}, require_https=request.is_secure())
    return path if same else ""


def enter(request: HttpRequest, user: User, *, method: Method, next_path: str, shown: bool = False) -> HttpResponse:
    """Begin the session and lead on."""
    signing_in.begin(request, user, method=method, second_factor=shown)
    response = redirect(next_path or settings.LOGIN_REDIRECT_URL)
    guesses.remember(request, response, user)
    return response


def go_on(request: HttpRequest, user: User, *, method: Method, next_path: str) -> HttpResponse:
    """The password was right: ask for the second factor of who has one."""
    if not second_factor.has_one(user):
        return enter(request, user, method=method, next_path=next_path)
    return ask_second(request, user, method=method, next_path=next_path)


def ask_second(request: HttpRequest, user: User, *, method: Method, next_path: str) -> HttpResponse:
    request.session.flush()
    request.session[PENDING] = {
        "user": str(user.pk),
        "password": user.get_session_auth_hash(),
        "method": method,
        "next": next_path,
        "at": clock.now().isoformat(),
    }
    request.session.set_expiry(int(LASTS.total_seconds()))
    return redirect("account_second_factor")


def pending(request: HttpRequest) -> Pending | None:
    """Whose second factor is awaited; None when nobody's is, or it took more than five minutes."""
    kept: dict[str, Any] | None = request.session.get(PENDING)
    if kept is None or datetime.fromisoformat(kept["at"]) < clock.now() - LASTS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or user.get_session_auth_hash() != kept["password"]:
        return None
    return Pending(user=user, method=Method(kept["method"]), next_path=kept["next"])


def keep_signed_in(request: HttpRequest, user: User) -> None:
    """The password changed: this session goes on, under a new key."""
    update_session_auth_hash(request, user)
