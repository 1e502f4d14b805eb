"""What django-axes counts failures by: keyed hashes, so that no address or name is stored."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import normalise_email
from accounts.services import guesses
from core.ratelimit import client_of
from core.redis import pseudonym

COOL_OFF_SECONDS = 900  # AXES_COOLOFF_TIME


def username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The pseudonym of the address that was typed."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return pseudonym(normalise_email(str(typed)))


def address(request: HttpRequest) -> str:
    """What stands for the client: a browser that the person signed in with, else its address or IPv6 network.

    So a colleague or an attacker behind the same address can't lock the person's own browser out.
    """
    return guesses.known_browser(request, request.POST.get("username", "")) or pseudonym(client_of(request))


def locked_out(
    request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    response = render(request, "429.html", {"retry_after_seconds": COOL_OFF_SECONDS}, status=429)
    response["Retry-After"] = str(COOL_OFF_SECONDS)
    return response
