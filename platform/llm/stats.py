"""How many requests needed no call to a model, and what that saved."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from llm import costs
from llm.costs import Cost
from llm.models import LlmCall

Source = LlmCall.Source
CALLED = (Source.PROVIDER, Source.BATCH)
_CENTS_OF_CENTS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class OptimizationStats:
    """Requests are answers that somebody asked for and that have ended; retries and fallbacks are none of their own.

    total_requests = cache_hits + template_hits + deduplicated + api_calls.
    cache_hits were answered from the exact cache, template_hits by a prepared text, deduplicated by an identical
    call that was under way; api_calls went to a provider (live or in a batch), whether it answered or failed.
    The rates are parts of total_requests, 0 to 1 (0 without requests). total_savings is how many requests needed
    no call of their own, savings_usd what these calls would have cost.
    """

    total_requests: int
    cache_hits: int
    template_hits: int
    deduplicated: int
    api_calls: int
    cache_hit_rate: float
    template_hit_rate: float
    api_call_rate: float
    total_savings: int
    savings_usd: Decimal


NAMES = tuple(field.name for field in fields(OptimizationStats))


def optimization_stats(since: datetime, until: datetime, tenant: str | None = None) -> OptimizationStats:
    """Of full UTC hours since `since` (see llm.costs.costs); of all tenants together unless one is named."""
    return of(costs.costs("source", since, until, tenant=tenant))


def of(by_source: list[Cost]) -> OptimizationStats:
    """The same from sums by source."""
    requests = {cost.key: cost.requests for cost in by_source}
    cached, shared = requests.get(Source.CACHE, 0), requests.get(Source.SHARED, 0)
    templates, called = requests.get(Source.TEMPLATE, 0), sum(requests.get(source, 0) for source in CALLED)
    total = cached + templates + shared + called
    saved = sum((cost.saved_usd for cost in by_source if cost.key not in CALLED), Decimal(0))
    return OptimizationStats(
        total_requests=total,
        cache_hits=cached,
        template_hits=templates,
        deduplicated=shared,
        api_calls=called,
        cache_hit_rate=_rate(cached, total),
        template_hit_rate=_rate(templates, total),
        api_call_rate=_rate(called, total),
        total_savings=cached + templates + shared,
        savings_usd=saved.quantize(_CENTS_OF_CENTS),
    )


def _rate(part: int, total: int) -> float:
    return round(part / total, 4) if total else 0.0
