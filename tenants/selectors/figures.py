"""What other apps know of tenants and the platform's lists show: a plan, its use. They register it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """A tenant's plan now, and how many of the period's interviews are used."""

    plan: str
    used: int = 0
    included: int = 0


Look = Callable[[Collection[UUID]], dict[UUID, Standing]]
_looks: list[Look] = []


def connect(look: Look) -> None:
    """Say who knows plans and their use (called in AppConfig.ready)."""
    _looks[:] = [look]


def standings(tenant_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Of each of these tenants that has a plan."""
    return {tenant_id: standing for look in _looks for tenant_id, standing in look(tenant_ids).items()}
