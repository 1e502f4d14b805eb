"""What every page knows of its tenant."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from tenants.models import Tenant
from tenants.selectors import sso as sso_selectors


def brand(request: HttpRequest) -> dict[str, Any]:
    """`brand` with name, initial, logo_url, closes_at; None on platform hosts. `support_grant` in its sessions."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    if tenant is None:
        return {"brand": None}
    logo_url = reverse("logo") if tenant.has_logo else ""
    shown = {"name": tenant.name, "initial": tenant.name[:1].upper(), "logo_url": logo_url}
    brand = shown | {"closes_at": tenant.closes_at}
    return {"brand": brand, "support_grant": getattr(request, "support_grant", None)}


def sso(request: HttpRequest) -> dict[str, Any]:
    """`sso` with enabled, enforced, url and company, looked up when a page asks; None on the platform's own hosts."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    if tenant is None:
        return {"sso": None}
    return {"sso": SimpleLazyObject(lambda: sso_selectors.offered(tenant))}
