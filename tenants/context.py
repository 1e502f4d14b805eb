"""What every page knows of its tenant."""

from typing import Any

from django.http import HttpRequest

from tenants.models import Tenant


def brand(request: HttpRequest) -> dict[str, Any]:
    """`brand` with name, initial and logo_url; None on the platform's own hosts."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    if tenant is None:
        return {"brand": None}
    return {"brand": {"name": tenant.name, "initial": tenant.name[:1].upper(), "logo_url": ""}}
