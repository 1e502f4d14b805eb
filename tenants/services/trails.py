"""What the platform's staff does to a tenant stands in two audit trails: the platform's and the tenant's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models

from core import audit, tenancy
from tenants.models import Tenant


def record_in_both(action: str, obj: models.Model, *, tenant: Tenant, by: audit.Actor, **detail: Any) -> None:
    """One event in public (it names the tenant) and one in the tenant's trail, both in the current transaction.

    A tenant that is closed has none any more.
    """
    with acting(by):
        with tenancy.enter_platform():
            audit.record(action, obj, tenant=tenant.schema_name, **detail)
        if tenant.status == Tenant.Status.CLOSED:
            return
        with tenancy.enter(tenant.schema_name):
            audit.record(action, obj, **detail)


@contextmanager
def acting(by: audit.Actor) -> Iterator[None]:
    """Have what is recorded within name `by`, whoever the request is from."""
    token = audit.actor.set(by)
    try:
        yield
    finally:
        audit.actor.reset(token)
