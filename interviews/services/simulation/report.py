"""The figures of a simulation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from interviews.services.simulation.client import Played


@dataclass(frozen=True, slots=True)
class Verified:
    """What the stored rows say: interviews that are complete, acknowledged answers that are not stored,
    and answers or replies that are there more than once."""

    completed: int
    lost: int
    doubled: int


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds; None when there was nothing to measure."""

    p50: int | None
    p95: int | None


@dataclass(frozen=True, slots=True)
class Report:
    interviews: int
    completed: int
    turns: int
    unsent: int
    lost: int
    doubled: int
    errors: int
    turn_ms: Percentiles
    platform_ms: Percentiles

    def as_json(self) -> str:
        """One line with exactly these keys."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        nested = {name: {"p50": value.p50, "p95": value.p95} for name, value in fields.items() if name.endswith("_ms")}
        return json.dumps(fields | nested)

    def as_text(self) -> str:
        """The same for people, a figure a line."""
        return "\n".join(f"{name}: {value}" for name, value in json.loads(self.as_json()).items())


def build(played: Sequence[Played], verified: Verified) -> Report:
    """Count what the candidates saw and what the rows say; platform_ms is turn time less the model's."""
    exchanges = [exchange for one in played for exchange in one.exchanges]
    return Report(
        interviews=len(played),
        completed=verified.completed,
        turns=len(exchanges),
        unsent=sum(one.unsent for one in played),
        lost=verified.lost,
        doubled=verified.doubled,
        errors=sum(bool(one.error) for one in played),
        turn_ms=percentiles([exchange.turn_ms for exchange in exchanges]),
        platform_ms=percentiles([max(0.0, exchange.turn_ms - exchange.model_ms) for exchange in exchanges]),
    )


def percentiles(values: Sequence[float]) -> Percentiles:
    """The 50th and 95th percentile by nearest rank, rounded to whole milliseconds."""
    return Percentiles(_percentile(values, 50), _percentile(values, 95))


def _percentile(values: Sequence[float], percent: int) -> int | None:
    if not values:
        return None
    return round(sorted(values)[ceil(len(values) * percent / 100) - 1])
