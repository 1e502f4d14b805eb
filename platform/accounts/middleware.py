"""Whoever must have a second factor and showed none may set one up, and nothing else."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.services import signing_in
from core import errors

GetResponse = Callable[[HttpRequest], HttpResponse]
OPEN = frozenset(
    {
        *("account_set_up", "account_second_factor", "account_passkey_question", "account_passkey_answer"),
        *("account_passkey_new", "account_passkey_add", "account_confirm", "portal_logout", "admin:logout"),
        *("branding", "logo", "api-schema"),
    }
)


class RequireSecondFactor:
    """After authentication: a session of an owner, an admin or platform staff without one is led to the set-up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or not user.needs_second_factor:
            return None
        if signing_in.passed_second_factor(request) or _is_open(request):
            return None
        if request.path.startswith("/api/"):
            return errors.problem(403, "second_factor", "Sign in with your second factor, then send it again.")
        return redirect("account_set_up")


def _is_open(request: HttpRequest) -> bool:
    """What helps to set one up or to leave; a candidate's pages ask for no session of staff."""
    match = request.resolver_match
    name = match.view_name if match else ""
    return name in OPEN or name.startswith("candidate_")
