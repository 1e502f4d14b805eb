"""What the comparison says of the current tenant, for tests."""

from datetime import timedelta

from billing.models import (
    QuotaPeriod,
)
from billing.reconciling import looks
from billing.reconciling.findings import Difference
from core import tenancy

HOUR = timedelta(hours=1)


def compared() -> list[Difference]:
    return looks.of_tenant_now(tenancy.current()).differences


def said() -> list[tuple[str, str, str]]:
    """Each difference: what, expected, found."""
    return [(one.what, one.expected, one.found) for one in compared()]


def whats() -> set[str]:
    return {one.what for one in compared()}


def period() -> QuotaPeriod:
    return QuotaPeriod.objects.get(subscription__tenant=tenancy.current())
