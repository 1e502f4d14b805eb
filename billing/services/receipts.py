"""Who sees cost receipts."""

from uuid import UUID

from django.db import transaction

from billing.models import ReceiptPolicy
from core import audit, tenancy
from tenants.models import Tenant


def show(*, tenant_id: UUID, shown: bool) -> None:
    """Let the tenant see the cost receipts of its interviews, or not; its trail says so."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenancy.enter(tenant.schema_name), transaction.atomic():
        ReceiptPolicy.objects.update_or_create(tenant=tenant, defaults={"is_shown": shown})
        audit.record("cost_receipts.shown" if shown else "cost_receipts.hidden", tenant)
