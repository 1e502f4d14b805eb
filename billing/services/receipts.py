"""Who sees cost receipts, and what they add for servers."""

from uuid import UUID

from django.db import transaction

from billing.models import InfrastructureShare, ReceiptPolicy
from core import audit, tenancy
from tenants.models import Tenant


def show(*, tenant_id: UUID, shown: bool) -> None:
    """Let the tenant see the cost receipts of its interviews, or not; its trail says so."""
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenancy.enter(tenant.schema_name), transaction.atomic():
        ReceiptPolicy.objects.update_or_create(tenant=tenant, defaults={"is_shown": shown})
        audit.record("cost_receipts.shown" if shown else "cost_receipts.hidden", tenant)


@transaction.atomic
def set_share(share: InfrastructureShare) -> None:
    """Store what an interview costs in servers from a day on; the platform's trail says so.

    :raises django.db.DatabaseError: for a day that has begun (a trigger).
    """
    share.save()
    _record("set", share)


@transaction.atomic
def remove_share(share: InfrastructureShare) -> None:
    """Take a share back whose day has not begun; the platform's trail says so.

    :raises django.db.DatabaseError: for a day that has begun (a trigger).
    """
    _record("removed", share)
    share.delete()


def _record(what: str, share: InfrastructureShare) -> None:
    since, usd = share.from_date.isoformat(), f"{share.usd_an_interview.normalize():f}"
    audit.record(f"infrastructure_share.{what}", share, since=since, usd_an_interview=usd, note=share.note)
