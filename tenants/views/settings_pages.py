"""The page from which all settings are found."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from tenants.services import checklist


@dataclass(frozen=True, slots=True)
class Section:
    url_name: str
    title: Promise
    note: Promise
    icon: str
    permission: Permission


_P = Permission
SECTIONS = (
    Section("team", _("Team"), _("People, invitations and their roles"), "user-plus", _P.MANAGE_PEOPLE),
    Section("sso", _("Single sign-on"), _("Your identity provider"), "lock", _P.MANAGE_SIGN_IN),
    Section("email_domains", _("E-mail domains"), _("Addresses that are yours"), "mail", _P.MANAGE_SIGN_IN),
    Section("scim_settings", _("Directory (SCIM)"), _("People from your directory"), "users", _P.MANAGE_SIGN_IN),
    Section("api_keys", _("API keys"), _("Access for programs"), "key-round", _P.MANAGE_API_KEYS),
    Section("billing_budgets", _("Budgets"), _("What models may cost you, and who is told"), "scale", _P.VIEW_BILLING),
    Section("settings_branding", _("Branding"), _("Your logo and colour"), "sparkles", _P.MANAGE_SETTINGS),
    Section("settings_domains", _("Domains"), _("Your site on a host of your own"), "flag", _P.MANAGE_SETTINGS),
    Section(
        "support_settings",
        _("Support access"),
        _("Which of Candor's staff may look, and when"),
        "life-buoy",
        _P.ALLOW_SUPPORT,
    ),
    Section("billing", _("Billing"), _("Plan, use, invoices"), "wallet", _P.VIEW_BILLING),
    Section(
        "settings_close",
        _("Your data, and closing"),
        _("Export everything, or close the account"),
        "download",
        _P.CLOSE_TENANT,
    ),
)


@require_safe
@permitted()
def index(request: HttpRequest, user: User) -> HttpResponse:
    """What to do first, and every page of settings that this person may open."""
    sections = [
        {"section": section, "url": url}
        for section in SECTIONS
        if user.may(section.permission) and (url := _url(section.url_name))
    ]
    if not sections:
        raise PermissionDenied
    steps = [{"item": item, "done": done, "url": _url(item.url_name)} for item, done in checklist.items(user)]
    context: dict[str, Any] = {"sections": sections, "steps": steps, "left": sum(not step["done"] for step in steps)}
    return render(request, "tenants/settings/index.html", context)


def _url(name: str) -> str:
    """The address of a page; "" where this release has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
