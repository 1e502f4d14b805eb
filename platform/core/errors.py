"""Errors of the API as application/problem+json (RFC 9457), and of middlewares in the words of SCIM (RFC 7644)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.ratelimit import TooMany

MEDIA_TYPE = "application/problem+json"
SCIM_MEDIA_TYPE = "application/scim+json"
SCIM_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Problem(exceptions.APIException):
    """An expected refusal with a stable `code` and a sentence that says what to do."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.problem_code = code


def body(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """The members of a problem document."""
    return {
        "type": f"urn:candor:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
    } | more


def problem(status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """A problem document outside of DRF (a middleware)."""
    return JsonResponse(body(status, code, detail, **more), status=status, content_type=MEDIA_TYPE)


def for_program(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse | None:
    """What a middleware answers a program in the words of its protocol; None where a person reads the answer."""
    if request.path.startswith("/api/"):
        return problem(status, code, detail)
    if request.path.startswith("/scim/"):
        document = {"schemas": [SCIM_ERROR], "status": str(status), "detail": detail}
        return JsonResponse(document, status=status, content_type=SCIM_MEDIA_TYPE)
    return None


def problem_too_many(error: TooMany) -> HttpResponse:
    """The 429 of a program, with when to come back."""
    response = problem(429, "too_many_requests", "Too many requests; wait a moment and send it again.")
    response["Retry-After"] = str(error.retry_after)
    return response


def too_many(request: HttpRequest, error: TooMany) -> HttpResponse:
    """The 429 page, with when to come back."""
    response = render(request, "429.html", {"retry_after_seconds": error.retry_after}, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """The 503 of a service that is away for the moment, with when to come back."""
    response = for_program(request, 503, "unavailable", "Not available for the moment; send it again in a minute.")
    if response is None:
        response = render(None, "503.html", status=503)  # no context processor: the database may be away
    response["Retry-After"] = "5"  # a restart of PostgreSQL or Valkey takes about that long
    return response


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every expected error is a problem document; the unexpected ones go on to 500."""
    if isinstance(error, TooMany):
        response = Response(body(429, "too_many_requests", "Too many requests; wait a moment and send it again."), 429)
        response["Retry-After"] = str(error.retry_after)
    else:
        found = exception_handler(error, context)
        if found is None:
            return None
        response = found
        response.data = _describe(error, response)
    response.content_type = MEDIA_TYPE
    return response


def _describe(error: Exception, response: Response) -> dict[str, Any]:
    if isinstance(error, Problem):
        return body(response.status_code, error.problem_code, str(error.detail))
    if isinstance(error, exceptions.ValidationError):
        return body(response.status_code, "invalid", "Some fields are not valid.", errors=response.data)
    if isinstance(error, Http404 | exceptions.NotFound):
        return body(404, "not_found", "There is nothing here.")
    code = error.get_codes() if isinstance(error, exceptions.APIException) else "forbidden"
    detail = str(error.detail) if isinstance(error, exceptions.APIException) else "This is not allowed."
    return body(response.status_code, code if isinstance(code, str) else "invalid", detail)
