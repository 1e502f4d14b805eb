"""Between the question to a passkey and its answer: the state, in a signed cookie of this browser, used once.

Strangers ask too, and a question of theirs must not write a row.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse

from core import tenancy
from core.redis import client, key, pseudonym

COOKIE, SECONDS = "__Host-passkey", 300


def host_of(request: HttpRequest) -> str:
    """The exact host (it was found in the table of hosts), without its port."""
    return request.get_host().rpartition(":")[0] or request.get_host()


def question(options: dict[str, Any], state: dict[str, Any]) -> HttpResponse:
    """The question as JSON, and its state in the cookie."""
    response = JsonResponse(options)
    value = signing.dumps(state, salt=_salt())
    response.set_cookie(COOKIE, value, max_age=SECONDS, secure=True, httponly=True, samesite="Strict")
    return response


def take(request: HttpRequest) -> dict[str, Any] | None:
    """The state of the question that this browser was asked; None if there is none, or it was answered."""
    try:
        state: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(), max_age=SECONDS)
    except signing.BadSignature:
        return None
    first = client().set(key("passkey-used", pseudonym(state["challenge"])), 1, nx=True, ex=SECONDS + 60)
    return state if first else None


def posted(request: HttpRequest) -> Mapping[str, Any]:
    """The browser's answer as it was sent; {} for what is no JSON object."""
    try:
        answer = json.loads(request.POST.get("answer", ""))
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _salt() -> str:
    return f"passkey:{tenancy.scope()}"
