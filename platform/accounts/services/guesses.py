"""How many passwords and codes are looked at for one account, whoever types them.

django-axes counts by name and client together, so an attacker with many addresses would have as many guesses. Here all
clients that this person never signed in from share one small budget. A browser or an address that did has its own, so
nobody elsewhere can lock the person out (OWASP: device cookies).
"""

import secrets
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User, normalise_email
from core import tenancy
from core.ratelimit import TooMany, client_of
from core.redis import client, key, pseudonym

EVALUATED, WINDOW_SECONDS = 15, 3600
COOKIE, COOKIE_AGE = "__Host-device", 365 * 24 * 3600
ADDRESS_AGE = 30 * 24 * 3600
MOST_PEOPLE = 8  # that one browser is known to


def spend(kind: str, *, request: HttpRequest, email: str) -> None:
    """Count one guess before it is looked at; typed names that nobody has are counted alike.

    :raises core.ratelimit.TooMany: when the budget of this account and client is used up.
    :raises redis.RedisError: while nothing can be counted; then nothing is looked at either.
    """
    budget = _budget(kind, request, email)
    with client().pipeline() as pipe:
        pipe.set(budget, 0, nx=True, ex=WINDOW_SECONDS)
        pipe.incr(budget)
        pipe.ttl(budget)
        _, count, seconds = pipe.execute()
    if seconds < 0:  # a refund came after the hour was over: without an end the count would lock this out for good
        client().expire(budget, WINDOW_SECONDS)
    if count > EVALUATED:
        raise TooMany(kind, max(1, seconds))


def refund(kind: str, *, request: HttpRequest, email: str) -> None:
    """The guess was right: it does not count."""
    client().decr(_budget(kind, request, email))


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """This browser, and this address, belong to the person from now on."""
    held = _held(request)
    held.setdefault(pseudonym(user.email), secrets.token_urlsafe(12))
    newest = dict(list(held.items())[-MOST_PEOPLE:])
    value = signing.dumps(newest, salt=_salt(), compress=True)
    response.set_cookie(COOKIE, value, max_age=COOKIE_AGE, secure=True, httponly=True, samesite="Lax")
    client().set(_address_key(request, user.email), 1, ex=ADDRESS_AGE)


def known_browser(request: HttpRequest, email: str) -> str:
    """The name under which this browser is known for the typed address, or ""."""
    return _held(request).get(pseudonym(normalise_email(email)), "")


def _budget(kind: str, request: HttpRequest, email: str) -> str:
    email = normalise_email(email)
    who = known_browser(request, email)
    if not who and client().exists(_address_key(request, email)):
        who = pseudonym(client_of(request))
    return key("guesses", kind, pseudonym(email), who or "strangers")


def _address_key(request: HttpRequest, email: str) -> str:
    return key("known-address", pseudonym(normalise_email(email)), pseudonym(client_of(request)))


def _held(request: HttpRequest) -> dict[str, str]:
    try:
        held: Any = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(), max_age=COOKIE_AGE)
    except signing.BadSignature:
        return {}
    return held if isinstance(held, dict) else {}


def _salt() -> str:
    return f"device:{tenancy.scope()}"
