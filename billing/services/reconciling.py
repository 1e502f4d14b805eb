"""The nightly comparison: each tenant by a due row of its own, and what it found where the metrics look."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Min, Sum
from django.db.models.functions import Coalesce
from prometheus_client.core import GaugeMetricFamily, Metric

from billing.models import Reconciliation
from billing.reconciling import looks
from billing.reconciling.findings import Findings
from core import clock, due, gauges, tenancy
from tenants.models import Tenant

KIND = "reconciliation"
LEASE = timedelta(minutes=10)
EVERY = timedelta(hours=20)  # and up to four hours, by chance, so that not all come at once
KEPT = 50  # differences of one tenant

log = structlog.get_logger()

# One statement for all tenants. A row that is there already stays: that look is owed, or failed and is retried.
_OWE = """
    INSERT INTO public.due (id, tenant, kind, object_id, due_at, attempts, error)
    SELECT gen_random_uuid(), tenant.schema_name, %s, tenant.id, now() + random() * interval '4 hours', 0, ''
      FROM public.tenants_tenant tenant
      LEFT JOIN public.billing_reconciliation last ON last.tenant_id = tenant.id
     WHERE tenant.status = 'ready' AND (last.looked_at IS NULL OR last.looked_at < %s)
    ON CONFLICT (tenant, kind, object_id) DO NOTHING"""


def owe_all() -> int:
    """Owe a look at every tenant that had none today, and look at the platform; returns how many are owed now."""
    now = clock.now()
    last = Reconciliation.objects.filter(tenant=None).first()
    if last is None or last.looked_at < now - EVERY:
        _keep(None, looks.of_platform())
    with connection.cursor() as cursor:
        cursor.execute(_OWE, [KIND, now - EVERY])
        return int(cursor.rowcount)


def reconcile(*, tenant_id: UUID) -> None:
    """Look at the tenant and keep what was found. Twice at once is once."""
    tenant = tenancy.current()
    if tenant.pk != tenant_id or not due.put_off(KIND, tenant_id, by=LEASE):
        return
    found = looks.of_tenant(tenant)
    with transaction.atomic():
        _keep(tenant, found)
        due.settle(KIND, tenant_id)


def _keep(tenant: Tenant | None, found: Findings) -> None:
    """What was found takes the place of what was found before."""
    values: dict[str, Any] = {
        "looked_at": found.now,
        "count": len(found.differences),
        "differences": [asdict(difference) for difference in found.differences[:KEPT]],
    }
    Reconciliation.objects.update_or_create(tenant=tenant, defaults=values)
    for difference in found.differences[:KEPT]:
        log.error("billing_difference", **asdict(difference))


def figures() -> Iterator[Metric]:
    """`candor_billing_differences`, and how old the oldest comparison of a tenant that is served is."""
    with gauges.quick_look():
        count = Reconciliation.objects.aggregate(sum=Sum("count"))["sum"] or 0
        served = Tenant.objects.filter(status=Tenant.Status.READY)
        last = Coalesce("reconciliation__looked_at", "created_at")
        oldest = served.aggregate(oldest=Min(last))["oldest"]
    age = (clock.now() - oldest).total_seconds() if oldest else 0.0
    yield GaugeMetricFamily("candor_billing_differences", "Differences that the last comparisons found", value=count)
    yield GaugeMetricFamily(
        "candor_billing_compared_seconds", "Age of the oldest of the tenants' last comparisons", value=age
    )
