"""A tenant that reads only: nothing new begins, its people see everything and change nothing (accounts.roles)."""

from django.db import transaction

from core import clock, tenancy
from tenants.models import Tenant


def begin(tenant: Tenant) -> None:
    """From now on; every process knows within seconds. A tenant that reads only stays so since it began."""
    Tenant.objects.filter(pk=tenant.pk, read_only_since=None).update(read_only_since=clock.now())
    transaction.on_commit(tenancy.forget)


def end(tenant: Tenant) -> None:
    """Everything goes on."""
    Tenant.objects.filter(pk=tenant.pk).update(read_only_since=None)
    transaction.on_commit(tenancy.forget)
