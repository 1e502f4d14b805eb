"""Months in which interviews cost far more than they did before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from statistics import median
from uuid import UUID

from billing.margin.report import Figures, Line

FACTOR = 2
FEWEST = 10  # interviews of a month that counts
FEWEST_MONTHS = 2  # before


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A month of a tenant, or of all of them (`tenant` is None): an interview cost `usd`, and `usual_usd` before."""

    tenant: UUID | None
    name: str
    month: datetime
    usd: Decimal
    usual_usd: Decimal

    @property
    def times(self) -> Decimal:
        return self.usd / self.usual_usd


def find(figures: Figures) -> list[Anomaly]:
    """Of all tenants together, then of each; the newest first."""
    months = figures.months
    found = list(_of([(months[place], line) for place, line in enumerate(figures.by_month())], None, ""))
    of_tenant: dict[UUID, list[tuple[datetime, Line]]] = {}
    for (place, tenant), line in sorted(figures.cells.items(), key=lambda pair: pair[0][0]):
        if tenant is not None:
            of_tenant.setdefault(tenant, []).append((months[place], line))
    for tenant, lines in of_tenant.items():
        found += _of(lines, tenant, figures.names[tenant])
    return sorted(found, key=lambda one: (one.month, one.tenant is None, one.times), reverse=True)


def _of(lines: Sequence[tuple[datetime, Line]], tenant: UUID | None, name: str) -> Iterator[Anomaly]:
    """Each month against the median of those before it; months of few interviews say nothing."""
    before: list[Decimal] = []
    for month, line in lines:
        if line.started < FEWEST:
            continue
        usd = line.cost_usd / line.started
        usual = median(before) if len(before) >= FEWEST_MONTHS else None
        if usual is not None and usual > 0 and usd > FACTOR * usual:
            yield Anomaly(tenant, name, month, usd, usual)
        before.append(usd)
