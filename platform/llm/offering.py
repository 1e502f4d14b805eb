"""Who of a route has room: a few candidates are offered in each round trip, the first ones first."""

from collections.abc import Callable
from contextlib import suppress

from llm import budgets, metrics, own_alerts
from llm.admission import Candidate, NoRoom

FIRST_OFFERED, MOST_OFFERED = 2, 8  # mostly one of the first has room, and each costs its share of the round trip
FAILING = {"open", "probed"}  # reasons of breakers: no place will be free soon


def reserved(candidates: list[Candidate], reserve: Callable[[list[Candidate]], Candidate]) -> Candidate:
    """:raises NoRoom: nobody has any; with everybody's reasons and the shortest wait."""
    if len(candidates) > FIRST_OFFERED:
        with suppress(NoRoom):
            return reserve(candidates[:FIRST_OFFERED])
    reasons: list[str] = []
    waits: list[float] = []
    for first in range(0, len(candidates), MOST_OFFERED):
        try:
            return reserve(candidates[first : first + MOST_OFFERED])
        except NoRoom as full:
            reasons += full.reasons
            waits += [] if full.wait is None else [full.wait]
    raise NoRoom(reasons, min(waits, default=None))


def why(full: NoRoom) -> str:
    """One word for why nobody has room: money, health or limits."""
    reasons = set(full.reasons)
    own = {reason for reason in reasons if reason.startswith(budgets.OWN)}
    if reasons and reasons <= {"budget", *own}:
        (metrics.budget_refusals if "budget" in reasons else metrics.own_budget_refusals).inc()
        own_alerts.refused(own)
        return "budget"
    return "open" if reasons <= FAILING else "limited"
