"""Budgets of a tenant's own for tests."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from core.redis import client
from llm import budgets, own_budgets
from llm.models import OwnBudget
from llm.own_budgets import Terms
from llm.policy import TenantPolicy


def terms(limit: str = "1.00", *, is_hard: bool = True, warn_percent: int = 80) -> Terms:
    return Terms(Decimal(limit), is_hard, warn_percent)


def own(
    limit: str = "1.00", *, period: str = "", group_id: UUID | None = None, seen: int = 0, **more: Any
) -> OwnBudget:
    """Set in the current tenant; what this process remembers of before is dropped."""
    period = period or ("total" if group_id else "day")
    row = own_budgets.put(period=period, group_id=group_id, terms=terms(limit, **more), seen=seen)
    own_budgets.forget(row.tenant)
    return row


def counted(policy: TenantPolicy, feature: str = "evaluation") -> dict[str, int | None]:
    """By name, what Redis counts of every budget that such a call falls under."""
    found = {one.name: client().get(one.key) for one in budgets.applying(policy, feature)}
    return {name: None if count is None else int(count) for name, count in found.items()}
