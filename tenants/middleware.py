"""From the Host header to a schema and a URL table (exact hosts only), and sessions of support."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render, resolve_url
from django.urls import reverse

from accounts import programs
from core import audit, errors, ratelimit, tenancy
from tenants.models import ApiKey, SupportGrant, Tenant
from tenants.services import api_keys, support, support_sessions

PLATFORM_HOSTS = {"": "config.urls_public", "admin.": "config.urls_admin", "api.": "config.urls_api"}
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
ENDS_OR_BEGINS = frozenset({"portal_logout", "support_leave", "support_enter"})  # open to a session that only looks


class HostMiddleware:
    """Enter the schema that the host names: unknown = 404, a tenant that is not ready = 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenancy.use(tenancy.Platform())
        try:
            host = split_domain_port(request.get_host())[0].rstrip(".")
            urlconf = _platform_urls(host)
            tenant: Any = None if urlconf else tenancy.by_host(host)
        except (DisallowedHost, tenancy.UnknownTenant):
            return _plain(request, 404, "not_found", "No site answers on this address.")
        if programs.HEADER in request.headers and urlconf in (None, PLATFORM_HOSTS["api."]):
            return self._by_key(request, urlconf, tenant)
        if urlconf:
            request.urlconf = urlconf
            structlog.contextvars.bind_contextvars(tenant="public")
            return self.get_response(request)
        return self._enter(request, tenant)

    def _by_key(self, request: HttpRequest, urlconf: str | None, tenant: Tenant | None) -> HttpResponse:
        """A program: its key names the tenant on the API's host, and must be of the host's tenant elsewhere."""
        text, client = request.headers[programs.HEADER], ratelimit.client_of(request)
        try:
            key = api_keys.admit(text=text, client=client, host_tenant=tenant)
        except api_keys.Refused:
            response = errors.problem(401, "authentication_failed", "This key is not valid.")
            response["WWW-Authenticate"] = programs.HEADER
            return response
        except ratelimit.TooMany as error:
            return errors.problem_too_many(error)
        if urlconf:
            request.urlconf = urlconf
        return self._enter(request, key.tenant, key)

    def _enter(self, request: HttpRequest, tenant: Tenant, key: ApiKey | None = None) -> HttpResponse:
        if tenant.suspended:
            return _suspended(request, tenant)
        if tenant.status not in Tenant.SERVED:
            response = _plain(request, 503, "not_ready", "This site is being set up. Try again in a minute.")
            response["Retry-After"] = "60"
            return response
        tenancy.use(tenant)
        request.tenant = tenant  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(tenant=tenant.schema_name)
        return self._call(request, key) if key else self.get_response(request)

    def _call(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        try:
            api_keys.count_call(key)
        except ratelimit.TooMany as error:
            return errors.problem_too_many(error)
        request.COOKIES = {}  # beside a key no session speaks
        request.caller = programs.Caller(key.pk, frozenset(key.scopes), key.made_by)  # type: ignore[attr-defined]
        return self.get_response(request)


def _platform_urls(host: str) -> str | None:
    for prefix, urlconf in PLATFORM_HOSTS.items():
        if host == prefix + settings.BASE_DOMAIN:
            return urlconf
    return None


def _suspended(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """An honest 503: it was suspended, nothing is lost, and whom to ask."""
    sentence = "This site is suspended. What was sent before is kept."
    response = errors.for_program(request, 503, "suspended", sentence)
    if response is None:
        context = {"company": tenant.name, "contact_email": tenant.contact_email}
        context["support_email"] = settings.SUPPORT_EMAIL
        response = render(None, "tenants/suspended.html", context, status=503)
    response["Retry-After"] = "60"
    return response


def _plain(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """A page that needs neither a tenant nor the database."""
    answer = errors.for_program(request, status, code, detail)
    if answer is not None:
        return answer
    ours = f"{settings.PUBLIC_SCHEME}://{settings.BASE_DOMAIN}{settings.PUBLIC_PORT}"
    find = ours + reverse("find_company", urlconf=PLATFORM_HOSTS[""])
    home = "" if settings.PRODUCTION else f"{ours}/"
    return render(None, f"{status}.html", {"home": home, "find": find}, status=status)


class SupportSession:
    """Put the grant's viewer on the request, name support as the actor, and let a grant to look change nothing.

    Stands after core.middleware.Actor.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        grant_id = request.session.get(support_sessions.KEY)
        over = grant_id is not None and not self._enter(request, UUID(grant_id))
        response = self.get_response(request)
        sign_in = f"{resolve_url(settings.LOGIN_URL)}?"
        if over and response.get("Location", "").startswith(sign_in):
            response["Location"] += "&support=over"  # the session is gone, so the address says why
        return response

    def _enter(self, request: HttpRequest, grant_id: UUID) -> bool:
        """Whether the grant is in force; else the session ends."""
        grant = support.in_force(grant_id) if getattr(request, "tenant", None) else None
        if grant is None:
            request.session.flush()
            request.user = AnonymousUser()
            return False
        request.support_grant = grant  # type: ignore[attr-defined]
        request.user = support_sessions.viewer(grant)
        audit.actor.set(audit.Actor("support", grant.staff_id))
        return True

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        grant: SupportGrant | None = getattr(request, "support_grant", None)
        if grant is None:
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name.startswith("account"):
            raise Http404  # the viewer has no account here: no password, no second factor, no sessions
        if grant.scope == SupportGrant.Scope.WRITE or request.method in SAFE or name in ENDS_OR_BEGINS:
            audit.record("support.opened", route=name, method=request.method)  # not every page leaves a row of its own
            return None
        if request.path.startswith("/api/"):
            return errors.problem(403, "support_reads_only", "This support access may look and change nothing.")
        return render(request, "tenants/support/looks_only.html", status=403)
