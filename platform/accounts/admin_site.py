"""The platform's admin as a site: for the platform's staff, once their session showed a second factor."""

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from unfold.sites import UnfoldAdminSite

from accounts.services import signing_in


class PlatformAdminSite(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        """accounts.middleware leads to the set-up of a second factor; this holds even where it stood aside."""
        return bool(super().has_permission(request)) and signing_in.passed_second_factor(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """A null character is in no text of ours, and what PostgreSQL says of one would be a 500."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def readable(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if "%00" in request.get_full_path():  # as sent: whoever searches for these three signs sends %2500
                raise BadRequest("A null character in the address.")
            answer: HttpResponseBase = guarded(request, *args, **kwargs)
            return answer

        return readable

    def get_urls(self) -> list[Any]:
        """Without the shortcut to an object's own page: none has one, and it would look in tables of tenants."""
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]


def install() -> None:
    """Make it the site that every app's admin registers with (after unfold's own, before Django looks for these)."""
    admin.site = sites.site = PlatformAdminSite()
