"""The platform's admin as a site: for the platform's staff, once their session showed a second factor."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import sites
from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite

from accounts.services import signing_in


class PlatformAdminSite(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        """accounts.middleware leads to the set-up of a second factor; this holds even where it stood aside."""
        return bool(super().has_permission(request)) and signing_in.passed_second_factor(request)

    def get_urls(self) -> list[Any]:
        """Without the shortcut to an object's own page: none has one, and it would look in tables of tenants."""
        return [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]


def install() -> None:
    """Make it the site that every app's admin registers with (after unfold's own, before Django looks for these)."""
    admin.site = sites.site = PlatformAdminSite()
