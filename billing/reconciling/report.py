"""All tenants, one after the other."""

from dataclasses import dataclass, field

import structlog

from billing.reconciling import looks
from billing.reconciling.findings import Difference, Findings
from core import pool
from tenants.models import Tenant

log = structlog.get_logger()


class NoSuchTenant(LookupError):
    """No tenant has this schema, or it was never set up."""


@dataclass(slots=True)
class Report:
    """`compared` says how many of what; `trouble` is a schema -> the kind of error, "" for the platform."""

    compared: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)

    def add(self, found: Findings) -> None:
        for what, count in found.compared.items():
            self.compared[what] = self.compared.get(what, 0) + count
        self.differences += found.differences


def everything(only: str = "") -> Report:
    """Compare all tenants that were set up, and what belongs to none; or that one alone.

    What is held is a tenant's row at a time, and the differences.
    :raises NoSuchTenant: if it is none of them.
    """
    made = Tenant.objects.exclude(status__in=looks.UNMADE).order_by("schema_name")
    schemas = list(made.filter(schema_name=only) if only else made.values_list("schema_name", flat=True))
    if only and not schemas:
        raise NoSuchTenant(only)
    report = Report(compared={"tenants": len(schemas)})
    for schema in [only] if only else schemas:
        _add(report, schema)
    if not only:
        _add(report, "")
    return report


def _add(report: Report, schema: str) -> None:
    """A tenant that can't be read keeps no other from being compared."""
    try:
        found = looks.of_tenant(Tenant.objects.get(schema_name=schema)) if schema else looks.of_platform()
        report.add(found)
    except Exception as error:
        log.error("not_reconciled", tenant=schema, exc_info=True)
        report.trouble[schema] = type(error).__name__
    finally:
        pool.give_back()
