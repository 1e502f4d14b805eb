"""Who looks at what, and in which snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction

from billing.reconciling import invoices, ledger, periods, series
from billing.reconciling.findings import Findings, Look, PlatformLook
from core import clock, tenancy
from tenants.models import Tenant

Status = Tenant.Status
UNMADE = (Status.PROVISIONING, Status.FAILED)  # nothing was bought so far

_of_tenants: dict[str, Look] = {
    "periods": periods.look,
    "invoices": invoices.look,
    "ledger": ledger.look,
}
_inside_tenants: dict[str, Look] = {}  # these need its schema: not once it is closed
_of_the_platform: dict[str, PlatformLook] = {"series": series.look, "ledger": ledger.look_at_the_rest}


def register(name: str, look: Look) -> None:
    """Have `look` called inside each tenant, in the snapshot of the others (in AppConfig.ready)."""
    _inside_tenants[name] = look


def of_tenant(tenant: Tenant) -> Findings:
    """Compare all there is about a tenant at one instant: whatever goes on meanwhile is seen whole or not at all.

    :raises django.db.DatabaseError: if it could not be read.
    """
    try:
        return _look(tenant)
    except DatabaseError:
        tenant = Tenant.objects.get(pk=tenant.pk)
        if tenant.status != Status.CLOSED:
            raise
        return _look(tenant)  # its schema went away under the look


def of_platform() -> Findings:
    """What belongs to no tenant alone."""
    with tenancy.enter_platform(), _snapshot():
        return platform_now()


def of_tenant_now(tenant: Tenant) -> Findings:
    """The looks at a tenant alone, in the caller's transaction, which has entered it unless it is closed."""
    found = Findings(tenant.schema_name, clock.now())
    inside = () if tenant.status == Status.CLOSED else _inside_tenants.values()
    for look in (*_of_tenants.values(), *inside):
        look(tenant, found)
    return found


def platform_now() -> Findings:
    """The looks at the platform alone, in the caller's transaction."""
    found = Findings("", clock.now())
    for look in _of_the_platform.values():
        look(found)
    return found


def _look(tenant: Tenant) -> Findings:
    entered = tenancy.enter_platform() if tenant.status == Status.CLOSED else tenancy.enter_row(tenant)
    with entered, _snapshot():
        return of_tenant_now(tenant)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One transaction that sees one instant and can write nothing."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
