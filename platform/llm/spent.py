"""What a measurement asked and what it cost, from the ledger: its calls carry its id in the place of an interview's."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from llm import writer
from llm.models import LlmCall
from llm.policy import PLATFORM


@dataclass(frozen=True, slots=True)
class Spent:
    """`calls` went to a provider, `kept` were answered without one. Money is None where a price is unknown.

    `cost_usd` was paid now; `price_usd` is what all the answers cost, those too that were paid for before.
    `latency_ms` is that of each answer of a provider, in ascending order.
    """

    calls: int
    kept: int
    cost_usd: Decimal | None
    price_usd: Decimal | None
    latency_ms: tuple[int, ...]

    def seconds(self, share: float) -> float | None:
        """The latency below which this share of the answers came, in seconds; None where a provider gave none."""
        if not self.latency_ms:
            return None
        place = max(0, -int(-share * len(self.latency_ms) // 1) - 1)
        return round(self.latency_ms[place] / 1000, 3)


def by(run_id: UUID) -> Spent:
    """What the platform asked for under this id."""
    writer.flush()
    rows = list(LlmCall.objects.filter(tenant=PLATFORM, interview_id=run_id))
    asked = [row for row in rows if row.source == LlmCall.Source.PROVIDER]
    cost = _sum(asked)
    saved = sum((row.saved_usd for row in rows), Decimal(0))
    return Spent(
        calls=len(asked),
        kept=len(rows) - len(asked),
        cost_usd=cost,
        price_usd=None if cost is None else cost + saved,
        latency_ms=tuple(sorted(row.latency_ms for row in asked if row.latency_ms is not None and not row.error_kind)),
    )


def _sum(rows: list[LlmCall]) -> Decimal | None:
    """None where one of them has no price."""
    costs = [row.cost_usd for row in rows]
    return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))
