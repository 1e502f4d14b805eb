"""Mailed links: the secret leaves the address at once for a cookie of this host, and opening one writes nothing."""

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core import ratelimit, tenancy

COOKIE, SECONDS = "__Host-link", 3600
RATE = "30/minute"


def move_to_cookie(request: HttpRequest, secret: str, *, to: str) -> HttpResponse:
    """Redirect to the page named `to`, which has no secret in its address."""
    ratelimit.hit("link", ratelimit.client_of(request), RATE)
    response = redirect(to)
    response.status_code = 303
    value = signing.dumps([to, secret], salt=_salt())
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=True, httponly=True, samesite="Lax")
    return response


def held(request: HttpRequest, *, to: str) -> str:
    """The secret that was moved for this page; "" if none was."""
    try:
        kind, secret = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(), max_age=SECONDS)
    except (signing.BadSignature, ValueError):
        return ""
    return str(secret) if kind == to else ""


def forget(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(COOKIE)
    return response


def _salt() -> str:
    return f"mailed-link:{tenancy.scope()}"
