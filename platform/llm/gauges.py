"""What the model layer looks up for a scrape."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC
from decimal import Decimal

from django.db.models import Sum
from prometheus_client.core import GaugeMetricFamily, Metric

from core import clock, gauges
from llm import health, pace, registry
from llm.models import LlmCall
from llm.router import CLOSED


def cost_today() -> Iterator[Metric]:
    """`llm_cost_dollars_daily{provider}`: what the ledger holds since midnight UTC, by the key's own index."""
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    cost = GaugeMetricFamily("llm_cost_dollars_daily", "Dollars for models since midnight UTC", labels=["provider"])
    with gauges.quick_look():
        sums = LlmCall.objects.filter(created_at__gte=midnight).values_list("provider").annotate(Sum("cost_usd"))
        for provider, dollars in sums.order_by("provider"):
            cost.add_metric([provider], float(dollars or 0))
    yield cost


def last_hour() -> Iterator[Metric]:
    """Dollars, requests and reused answers of the last 60 minutes; no usual spend where there is no history."""
    with gauges.quick_look():
        hour = pace.last_hour(clock.now())
    yield _gauge("candor_llm_hour_dollars", "Dollars for models in the last hour", hour.spent_usd)
    usual = [] if hour.usual_usd is None else [hour.usual_usd]
    yield _gauge("candor_llm_usual_hour_dollars", "Mean of this hour over seven days, in dollars", *usual)
    yield _gauge("candor_llm_request_dollars", "Dollars a request in the last hour", hour.usd_a_request)
    yield _gauge("candor_llm_hour_requests", "Requests of the last hour", hour.requests)
    yield _gauge("candor_llm_hour_cacheable", "Requests of the last hour whose answers are kept", hour.cacheable)
    yield _gauge("candor_llm_cache_hit_ratio", "Part of these that needed no call", hour.cache_hit_rate)


def budget_shares() -> Iterator[Metric]:
    """`candor_llm_budget_spent_ratio{name}` and where each warns, of its limit."""
    with gauges.quick_look():
        found = pace.shares(clock.now())
    spent = [(share.name, share.ratio) for share in found]
    warns = [(share.name, share.warn_ratio) for share in found]
    yield _by("candor_llm_budget_spent_ratio", "Part of a budget that is spent", "name", spent)
    yield _by("candor_llm_budget_warn_ratio", "Part of a budget from which it warns", "name", warns)


def account_use() -> Iterator[Metric]:
    """Calls of each account in the last hour and in its mean hour of a week (not in its first day)."""
    with gauges.quick_look():
        found = pace.accounts(clock.now())
    last = [(use.account, use.calls) for use in found]
    usual = [(use.account, use.usual) for use in found if use.usual is not None]
    yield _by("candor_llm_account_hour_calls", "Calls of the last hour", "account", last)
    yield _by("candor_llm_account_usual_hour_calls", "Calls of a mean hour of the last week", "account", usual)


def standing() -> Iterator[Metric]:
    """`candor_llm_breakers{state}` counts them; `candor_llm_mode{mode}` is 1 for the platform's mode, else 0."""
    with gauges.quick_look():
        holders = {target.holder for target in registry.targets()}
    found = health.states()
    counted = Counter(health.STATES[found.get(holder, CLOSED)] for holder in holders)
    now = health.mode()
    breakers = [(state, counted[state]) for state in health.STATES.values()]
    modes = [(mode, int(mode == now)) for mode in (health.FULL, health.DEGRADED, health.OFF)]
    yield _by("candor_llm_breakers", "Breakers of accounts by their state", "state", breakers)
    yield _by("candor_llm_mode", "1 for the mode that the model layer is in", "mode", modes)


def _gauge(name: str, words: str, *values: Decimal | float) -> Metric:
    """A series of one value, or of none where nothing is known."""
    family = GaugeMetricFamily(name, words, labels=[])
    for value in values:
        family.add_metric([], float(value))
    return family


def _by(name: str, words: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values:
        family.add_metric([key], value)
    return family
