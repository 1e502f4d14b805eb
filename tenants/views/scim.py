"""SCIM 2.0 (RFC 7644) for a tenant's directory: thin JSON views over tenants.services.scim.

Plain Django: no session, no cookie, no CSRF; the token is all that speaks, and every answer is SCIM's own JSON.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from core import audit, ratelimit
from tenants.services.scim import connection, discovery, filters, groups, showing, users
from tenants.services.scim.errors import NotThere, Refused

MEDIA_TYPE = "application/scim+json"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0:"
DEEPEST = 12
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def _answer(document: Any, status: int = 200, **headers: str) -> HttpResponse:
    body = "" if document is None else json.dumps(document)
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE, headers=headers)


def _error(status: int, detail: str, kind: str = "", **headers: str) -> HttpResponse:
    document = {"schemas": [f"{MESSAGES}Error"], "status": str(status), "detail": detail}
    return _answer(document | ({"scimType": kind} if kind else {}), status, **headers)


def scim(*methods: str) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """Let the tenant's directory in, by these methods; what a service refuses is answered in SCIM's words."""

    def wrap(view: View[P]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def checked(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                _admit(request)
                if request.method not in methods:
                    return _error(405, "This method is not supported here.", Allow=", ".join(methods))
                _refuse_odd(request)
                return view(request, *args, **kwargs)
            except connection.NotAdmitted:
                return _error(401, "The token is not valid.", **{"WWW-Authenticate": "Bearer"})
            except ratelimit.TooMany as error:
                return _error(429, "Too many requests; wait a moment.", **{"Retry-After": str(error.retry_after)})
            except Refused as error:
                return _error(error.status, error.detail, error.kind)

        return checked

    return wrap


def _admit(request: HttpRequest) -> None:
    given = request.headers.get("Authorization", "")
    row = connection.admit(authorization=given, client=ratelimit.client_of(request))
    audit.actor.set(audit.Actor("scim", row.pk))


def _refuse_odd(request: HttpRequest) -> None:
    """:raises Refused: for letters in the query that no database takes."""
    if any(not filters.storable(value) for values in request.GET.lists() for value in (values[0], *values[1])):
        raise Refused("The query holds letters that can't be used.")


def _body(request: HttpRequest) -> dict[str, Any]:
    """:raises Refused: unless the body is a JSON object of moderate depth whose texts can be stored."""
    try:
        document = json.loads(request.body.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused("The body is no JSON.", "invalidSyntax") from error
    if not isinstance(document, dict):
        raise Refused("Send a JSON object.", "invalidSyntax")
    _check_depth(document, DEEPEST)
    return document


def _no_number(word: str) -> None:
    raise ValueError(word)


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise Refused("The body is nested too deeply.", "invalidSyntax")
    if isinstance(value, str) and not filters.storable(value):
        raise Refused("The body holds letters that can't be used.")
    if isinstance(value, dict):
        for name, part in value.items():
            _check_depth(name, left)
            _check_depth(part, left - 1)
    elif isinstance(value, list):
        for part in value:
            _check_depth(part, left - 1)


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri("/scim/v2")


def _shown(request: HttpRequest, show: Any, row: Any, status: int = 200) -> HttpResponse:
    document = show(row, _base(request))
    headers = {"Location": document["meta"]["location"]} if status == 201 else {}
    return _answer(_partly(request, document), status, **headers)


def _partly(request: HttpRequest, document: dict[str, Any]) -> dict[str, Any]:
    only, without = request.GET.get("attributes", ""), request.GET.get("excludedAttributes", "")
    return showing.partly(document, only=only, without=without)


def _listed(request: HttpRequest, rows: QuerySet[Any], show: Any) -> HttpResponse:
    """A page: `startIndex` counts from 1."""
    start = max(1, _number(request, "startIndex", 1))
    count = min(discovery.MOST_RESULTS, max(0, _number(request, "count", discovery.MOST_RESULTS)))
    total = rows.count()
    page = [_partly(request, show(row, _base(request))) for row in rows[start - 1 : start - 1 + count]]
    return _answer(_list_of(page, total, start))


def _number(request: HttpRequest, name: str, usual: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return usual
    if not text.removeprefix("-").isdecimal() or len(text) > 9:
        raise Refused(f"{name} is a number.")
    return int(text)


def _list_of(rows: list[Any], total: int, start: int = 1) -> dict[str, Any]:
    return {
        "schemas": [f"{MESSAGES}ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(rows),
        "Resources": rows,
    }


@scim("GET", "POST")
def user_list(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _shown(request, showing.user, users.create(document=_body(request)), 201)
    return _listed(request, users.find(filter_text=request.GET.get("filter", "")), showing.user)


@scim("GET", "PUT", "PATCH", "DELETE")
def user_detail(request: HttpRequest, user_id: UUID) -> HttpResponse:
    if request.method == "PUT":
        return _shown(request, showing.user, users.replace(user_id=user_id, document=_body(request)))
    if request.method == "PATCH":
        return _shown(request, showing.user, users.patch(user_id=user_id, operations=_operations(request)))
    if request.method == "DELETE":
        users.delete(user_id=user_id)
        return _answer(None, 204)
    return _shown(request, showing.user, users.get(user_id=user_id))


@scim("GET", "POST")
def group_list(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _shown(request, showing.group, groups.create(document=_body(request)), 201)
    return _listed(request, groups.find(filter_text=request.GET.get("filter", "")), showing.group)


@scim("GET", "PUT", "PATCH", "DELETE")
def group_detail(request: HttpRequest, group_id: UUID) -> HttpResponse:
    if request.method == "PUT":
        return _shown(request, showing.group, groups.replace(group_id=group_id, document=_body(request)))
    if request.method == "PATCH":
        return _shown(request, showing.group, groups.patch(group_id=group_id, operations=_operations(request)))
    if request.method == "DELETE":
        groups.delete(group_id=group_id)
        return _answer(None, 204)
    return _shown(request, showing.group, groups.get(group_id=group_id))


def _operations(request: HttpRequest) -> Any:
    """The operations, however their name is written."""
    return {name.lower(): value for name, value in _body(request).items()}.get("operations")


@scim("GET")
def provider(request: HttpRequest) -> HttpResponse:
    return _answer(discovery.provider(_base(request)))


@scim("GET")
def resource_types(request: HttpRequest, name: str = "") -> HttpResponse:
    return _described(discovery.resource_types(_base(request)), name)


@scim("GET")
def schemas(request: HttpRequest, name: str = "") -> HttpResponse:
    return _described(discovery.schemas(_base(request)), name)


def _described(rows: list[dict[str, Any]], name: str) -> HttpResponse:
    if not name:
        return _answer(_list_of(rows, len(rows)))
    for row in rows:
        if row["id"].lower() == name.lower():
            return _answer(row)
    raise NotThere


@scim("GET", "POST", "PUT", "PATCH", "DELETE")
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Bulk, search, /Me, and whatever else is not there."""
    if rest in ("Bulk", "Me") or rest.endswith(".search"):
        return _error(501, "This part of SCIM is not supported.")
    raise NotThere
