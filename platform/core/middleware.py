"""What every response carries and every request is bound by."""

import re
import time
from collections.abc import Callable

import structlog
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis import RedisError

from core import audit, bodies, errors, metrics
from core.ids import uuid7
from core.ratelimit import TooMany

GetResponse = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"[A-Za-z0-9\-]{8,64}")
LENGTH = re.compile(r"[0-9]{1,18}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger("candor.request")


class RequestContext:
    """Bind a request id, count the request by its route, and log it without its path."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else str(uuid7())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        token = audit.actor.set(audit.SYSTEM)
        try:
            response = self.get_response(request)
        finally:
            audit.actor.reset(token)
        response["X-Request-ID"] = request_id
        if not request.path.startswith(settings.STATIC_URL):
            self._count(request, response, time.perf_counter() - started)
        return response

    def _count(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        route = (match.view_name or match.route) if match else "unmatched"
        method = request.method if request.method in METHODS else "other"  # anybody can make up a method
        metrics.requests.labels(route, method, response.status_code).inc()
        metrics.request_seconds.labels(route).observe(seconds)
        log.info("request", route=route, method=method, status=response.status_code, ms=round(seconds * 1000, 1))


class SecurityHeaders:
    """Headers that Django's own middleware does not set."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("X-Frame-Options", "DENY")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "no-store")
        if request.is_secure():
            response.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response


class BodyLimit:
    """Refuse a body that is too large before anything reads it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = bodies.most(request.path)
        length = request.META.get("CONTENT_LENGTH") or "0"
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        if chunked and not length.strip("0"):
            return self._refuse(request, 411, "length_required", "Send the request with a Content-Length.", most)
        if not LENGTH.fullmatch(length) or int(length) > most:
            detail = f"The request is larger than {most // 1024} KiB; nothing was stored."
            return self._refuse(request, 413, "too_large", detail, most)
        return self.get_response(request)

    def _refuse(self, request: HttpRequest, status: int, code: str, detail: str, most: int) -> HttpResponse:
        answer = errors.for_program(request, status, code, detail)
        return answer or render(None, "413.html", {"limit": most // 1024}, status=status)


class Refusals:
    """What a view left to this: too many tries, what can't go on without Redis, an address that only takes forms."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            return self._page_for(request, response)
        return response

    def _page_for(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The address of a form, opened in the address bar: a way back to the page that holds the form."""
        parent = request.path.rstrip("/").rpartition("/")[0] + "/"
        page = render(None, "405.html", {"back": parent}, status=405)
        page["Allow"] = response["Allow"]
        return page

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, TooMany):
            return errors.too_many(request, error)
        if not isinstance(error, RedisError):
            return None
        log.error("redis_unavailable", exc_info=error)
        return errors.unavailable(request)


class ContentPolicy(CSPMiddleware):
    """The strict policy everywhere; the admin host has its own, and some forms may lead to a named host of others."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        if getattr(request, "urlconf", None) == "config.urls_admin":
            response._csp_replace = settings.ADMIN_CONTENT_SECURITY_POLICY  # type: ignore[attr-defined]
        else:
            for start, hosts in settings.FORMS_LEAD_TO.items():
                if request.path.startswith(start):
                    response._csp_update = {"form-action": hosts}  # type: ignore[attr-defined]
        return super().process_response(request, response)  # type: ignore[return-value]


class Actor:
    """Name the signed-in person as the actor of what this request does; on the admin's host it is the platform's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            by_staff = getattr(request, "urlconf", None) == "config.urls_admin"
            audit.actor.set(audit.Actor("platform" if by_staff else "user", user.pk))
        return self.get_response(request)
