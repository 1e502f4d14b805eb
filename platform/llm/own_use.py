"""What of a tenant's own budgets is used, and what the platform lets it spend: for the pages of that tenant."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _
from redis import RedisError

from core import clock, tenancy
from core.redis import client
from llm import budgets, own_budgets, usage
from llm.budgets import NANO, Ceiling
from llm.models import Budget, LlmCall, OwnBudget, UsageGroup

TOO_EARLY = Decimal("0.05")  # of a period: nothing follows from what was spent until then


@dataclass(frozen=True, slots=True)
class Use:
    """A budget in its present period, [since, until); both are None for a total. Dollars of the ledger.

    `held_usd` is set aside: for interviews under way, and for calls that are being made.
    """

    spent_usd: Decimal
    held_usd: Decimal
    limit_usd: Decimal
    since: datetime | None = None
    until: datetime | None = None

    @property
    def percent(self) -> int:
        """Spent of the limit, not rounded up: 100 is all of it."""
        return int(self.spent_usd * 100 / self.limit_usd)

    def forecast_usd(self, now: datetime) -> Decimal | None:
        """What is spent at the end if it goes on as evenly as until now; None for a total, and soon after the start."""
        if self.since is None or self.until is None:
            return None
        gone = Decimal((now - self.since).total_seconds()) / Decimal((self.until - self.since).total_seconds())
        return self.spent_usd / gone if gone >= TOO_EARLY else None


@dataclass(frozen=True, slots=True)
class Given:
    """A budget that the platform set for this tenant alone; `feature` "" = for everything it asks of models."""

    period: str
    feature: str
    is_hard: bool
    use: Use

    @property
    def in_words(self) -> str:
        return _("a day") if self.period == Budget.Period.DAY else _("a month")


def uses(rows: Collection[OwnBudget]) -> dict[UUID, Use]:
    """By budget of the current tenant."""
    now = clock.now().astimezone(UTC)
    ceilings = {row.pk: budgets.own_ceiling(row, now) for row in rows}
    counted = _counted(list(ceilings.values()))
    return {row.pk: _use(row, ceilings[row.pk], counted, now) for row in rows}


def of_group(group_id: UUID) -> tuple[OwnBudget, Use] | None:
    """The current tenant's budget for this group, read now; None where it has none."""
    row = OwnBudget.objects.filter(tenant=tenancy.schema(), group_id=group_id).first()
    return None if row is None else (row, uses([row])[row.pk])


def by_group(group_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """What the calls of these groups of the current tenant cost since ever; two queries."""
    rolled, scope = usage.rolled_until(), {"tenant": tenancy.schema(), "group_id__in": group_ids}
    hours = UsageGroup.objects.filter(hour__lt=rolled, **scope).values_list("group_id")
    calls = LlmCall.objects.filter(created_at__gte=rolled, settled_at__isnull=False, **scope).values_list("group_id")
    found = dict.fromkeys(group_ids, Decimal(0))
    for rows in (hours.annotate(usd=Sum("cost_usd")), calls.annotate(usd=Sum("cost_usd"))):
        for group_id, usd in rows:
            found[group_id] += usd or 0
    return found


def given() -> list[Given]:
    """What the platform lets the current tenant spend, by the budgets that are its own alone."""
    now = clock.now().astimezone(UTC)
    rows = [row for row in budgets.enabled() if row.tenant == tenancy.schema()]
    ceilings = [budgets.ceiling(row, now) for row in rows]
    counted = _counted(ceilings)
    return [
        Given(row.period, row.feature, row.is_hard, _use(row, ceiling, counted, now))
        for row, ceiling in zip(rows, ceilings, strict=True)
    ]


def is_shared() -> bool:
    """Whether the platform has a budget for all of its tenants together."""
    return any(not row.tenant for row in budgets.enabled())


def _use(row: OwnBudget | Budget, ceiling: Ceiling, counted: dict[str, int], now: datetime) -> Use:
    spent = budgets.spent_nano(ceiling)
    held = max(0, counted.get(ceiling.key, 0) - spent)
    since, until = budgets.period_of(row, now) or (None, None)
    return Use(Decimal(spent) / NANO, Decimal(held) / NANO, row.limit_usd, since, until)


def _counted(ceilings: list[Ceiling]) -> dict[str, int]:
    """What Redis counts, reservations included; nothing where it is away or has forgotten."""
    keys = [ceiling.key for ceiling in ceilings]
    try:
        found = client().mget(keys) if keys else []
    except RedisError:
        return {}
    return {key: int(count) for key, count in zip(keys, found, strict=True) if count is not None}


def all_of() -> tuple[OwnBudget, ...]:
    """The current tenant's budgets, read now."""
    own_budgets.forget(tenancy.schema())
    return own_budgets.of(tenancy.schema())
