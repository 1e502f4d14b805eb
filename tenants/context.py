"""What every page knows of its tenant."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenants.models import Tenant


def brand(request: HttpRequest) -> dict[str, Any]:
    """`brand` with name, initial and logo_url; None on the platform's own hosts."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    if tenant is None:
        return {"brand": None}
    logo_url = reverse("logo") if tenant.has_logo else ""
    return {"brand": {"name": tenant.name, "initial": tenant.name[:1].upper(), "logo_url": logo_url}}
