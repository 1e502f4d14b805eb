"""When there is room in the quota again: whoever waits for it is told by the apps that know them.

billing knows no candidate, so who waits, and what happens when room comes, is registered from above.
"""

from collections.abc import Callable

from billing.models import Subscription
from core import tenancy

_acts: dict[str, Callable[[], None]] = {}
_counts: list[Callable[[], int]] = []


def when_it_comes(name: str, act: Callable[[], None]) -> None:
    """Have `act()` called inside a tenant, in the transaction that makes room (called in AppConfig.ready)."""
    _acts[name] = act


def count_waiting(count: Callable[[], int]) -> None:
    """Say who knows how many wait in the current tenant (called in AppConfig.ready)."""
    _counts[:] = [count]


def came(held: Subscription) -> None:
    """Interviews may start that could not before: in a new period, or because more was bought, allowed or given."""
    with tenancy.enter(held.tenant.schema_name):
        for act in _acts.values():
            act()


def waiting() -> int:
    """How many candidates of the current tenant could not start and still want to."""
    return sum(count() for count in _counts)
