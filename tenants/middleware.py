"""From the Host header to a schema and a URL table: exact hosts only."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render

from core import errors, tenancy
from tenants.models import Tenant

PLATFORM_HOSTS = {"": "config.urls_public", "admin.": "config.urls_admin", "api.": "config.urls_api"}


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
        if urlconf:
            request.urlconf = urlconf
            structlog.contextvars.bind_contextvars(tenant="public")
            return self.get_response(request)
        return self._enter(request, tenant)

    def _enter(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        if tenant.status != Tenant.Status.READY:
            response = _plain(request, 503, "not_ready", "This site is being set up. Try again in a minute.")
            response["Retry-After"] = "60"
            return response
        tenancy.use(tenant)
        request.tenant = tenant  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(tenant=tenant.schema_name)
        return self.get_response(request)


def _platform_urls(host: str) -> str | None:
    for prefix, urlconf in PLATFORM_HOSTS.items():
        if host == prefix + settings.BASE_DOMAIN:
            return urlconf
    return None


def _plain(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    """A page that needs neither a tenant nor the database."""
    if request.path.startswith("/api/"):
        return errors.problem(status, code, detail)
    home = "" if settings.PRODUCTION else f"{settings.PUBLIC_SCHEME}://{settings.BASE_DOMAIN}{settings.PUBLIC_PORT}/"
    return render(None, f"{status}.html", {"home": home}, status=status)
