"""Revenue against cost, added up by tenant, by plan and by month."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from billing.margin import counts, revenue
from billing.margin.months import latest
from llm import spending
from llm.models import LlmCall
from tenants.models import Tenant

Source = LlmCall.Source
MEASURES = (Source.CACHE, Source.SHARED, Source.TEMPLATE, Source.BATCH)
Key = tuple[int, UUID | None]  # the place of the month, and the tenant; None = Candor's own calls


@dataclass(slots=True)
class Line:
    """Figures of a tenant, a plan or a month, in US dollars without tax. What waits for an invoice is apart."""

    name: str = ""
    key: Any = None
    revenue_usd: Decimal = Decimal(0)
    waiting_usd: Decimal = Decimal(0)
    model_usd: Decimal = Decimal(0)
    own_key_usd: Decimal = Decimal(0)
    infrastructure_usd: Decimal = Decimal(0)
    started: int = 0
    completed: int = 0
    unshared: int = 0

    @property
    def servers_unknown(self) -> bool:
        """Whether servers cost more than is known: `unshared` of the interviews, or months, had no share."""
        return self.unshared > 0

    @property
    def servers_usd(self) -> Decimal | None:
        """What servers cost as far as it is known; None where nothing is."""
        return None if self.servers_unknown and not self.infrastructure_usd else self.infrastructure_usd

    @property
    def cost_usd(self) -> Decimal:
        return self.model_usd + self.infrastructure_usd

    @property
    def margin_usd(self) -> Decimal:
        return self.revenue_usd - self.cost_usd

    @property
    def margin(self) -> Decimal | None:
        """The part of the revenue that is left; None without revenue."""
        return self.margin_usd / self.revenue_usd if self.revenue_usd else None

    @property
    def usd_a_start(self) -> Decimal | None:
        return self.cost_usd / self.started if self.started else None

    @property
    def usd_a_completed(self) -> Decimal | None:
        return self.cost_usd / self.completed if self.completed else None

    def add(self, other: "Line") -> None:
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))


FIGURES = tuple(one.name for one in fields(Line) if one.name not in ("name", "key"))


@dataclass(slots=True)
class Saving:
    """What a measure saved: answers that cost less than a call, or nothing."""

    measure: str
    requests: int = 0
    saved_usd: Decimal = Decimal(0)


@dataclass(slots=True)
class Figures:
    """All that is known of these months: a line for each month and tenant, and what was saved."""

    starts: list[datetime]
    cells: dict[Key, Line] = field(default_factory=lambda: defaultdict(Line))
    plans: dict[tuple[int, UUID], str] = field(default_factory=dict)
    names: dict[UUID | None, str] = field(default_factory=dict)
    savings: dict[str, Saving] = field(default_factory=dict)

    @property
    def months(self) -> list[datetime]:
        return self.starts[:-1]

    def total(self) -> Line:
        return self._by(lambda place, tenant: "", lambda key: "")[0]

    def by_month(self) -> list[Line]:
        """A line for each month, those without anything too; the oldest first."""
        found = {line.key: line for line in self._by(lambda place, tenant: place, lambda key: "")}
        lines = [found.get(place, Line()) for place in range(len(self.months))]
        for month, line in zip(self.months, lines, strict=True):
            line.key, line.name = month, f"{month:%Y-%m}"
        return lines

    def by_tenant(self) -> list[Line]:
        """The smallest margin first."""
        lines = self._by(lambda place, tenant: tenant, lambda key: self.names.get(key, str(key)))
        return sorted(lines, key=lambda line: (line.margin_usd, line.name))

    def by_plan(self) -> list[Line]:
        """By the plan that each tenant had in each month; the largest revenue first."""

        def plan(place: int, tenant: UUID | None) -> str:
            return self.plans.get((place, tenant), "") if tenant is not None else ""

        lines = self._by(plan, lambda key: key or _("No plan"))
        return sorted(lines, key=lambda line: (-line.revenue_usd, line.name))

    def of(self, tenant: UUID) -> "Figures":
        """The same of one tenant alone; what was saved is known of all together."""
        mine = {key: line for key, line in self.cells.items() if key[1] == tenant}
        return Figures(self.starts, mine, self.plans, self.names)

    def _by(self, group: Callable[[int, UUID | None], Hashable], name: Callable[[Any], str]) -> list[Line]:
        found: dict[Hashable, Line] = {}
        for (place, tenant), line in self.cells.items():
            key = group(place, tenant)
            if key not in found:
                found[key] = Line(name(key), key)
            found[key].add(line)
        return list(found.values()) or [Line()]


def build(now: datetime, months: int) -> Figures:
    """The last so many UTC months, the current one so far: as many queries for a thousand tenants as for one."""
    starts = latest(now, months)
    tenants = list(Tenant.objects.values_list("pk", "name", "schema_name"))
    found = Figures(starts, names={pk: name for pk, name, _schema in tenants} | {None: "Candor"})
    for key, paid in revenue.by_month(starts).items():
        found.cells[key].revenue_usd, found.cells[key].waiting_usd = paid.billed_usd, paid.waiting_usd
    for key, count in counts.by_month(starts).items():
        line = found.cells[key]
        line.started, line.completed, line.infrastructure_usd = count.started, count.completed, count.infrastructure_usd
        line.unshared = count.unshared
    _spent(found, {schema: pk for pk, _name, schema in tenants})
    for place in counts.without_share(starts):
        for (month, _tenant), line in found.cells.items():
            line.unshared += month == place
    found.plans = counts.plans(starts)
    return found


def _spent(found: Figures, ids: dict[str, UUID]) -> None:
    found.savings = {measure.value: Saving(measure.value) for measure in MEASURES}
    for (place, schema, source), spent in spending.by_month(found.starts).items():
        line = found.cells[place, ids.get(schema)]
        line.model_usd += spent.cost_usd
        line.own_key_usd += spent.own_key_usd
        if source in found.savings:
            found.savings[source].requests += spent.requests
            found.savings[source].saved_usd += spent.saved_usd
