"""What candidates see of the current tenant: its colour, its logo, and where they reach a person."""

from django.db import transaction

from core import audit, tenancy
from tenants.models import Tenant
from tenants.services import logos


@transaction.atomic
def change(*, brand_color: str, contact_email: str, logo_png: bytes | None) -> None:
    """Store the colour and the address, and the logo if there is a new one (what `logos.redraw` gave)."""
    tenant = tenancy.current()
    Tenant.objects.filter(pk=tenant.pk).update(brand_color=brand_color, contact_email=contact_email)
    audit.record("tenant.branded", tenant)
    if logo_png is not None:
        logos.store(tenant=tenant, png=logo_png)
    transaction.on_commit(tenancy.forget)
