"""What the model layer looks up for a scrape."""

from collections.abc import Iterator
from datetime import UTC

from django.db.models import Sum
from prometheus_client.core import GaugeMetricFamily, Metric

from core import clock, gauges
from llm.models import LlmCall


def cost_today() -> Iterator[Metric]:
    """`llm_cost_dollars_daily{provider}`: what the ledger holds since midnight UTC, by the key's own index."""
    midnight = clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    cost = GaugeMetricFamily("llm_cost_dollars_daily", "Dollars for models since midnight UTC", labels=["provider"])
    with gauges.quick_look():
        sums = LlmCall.objects.filter(created_at__gte=midnight).values_list("provider").annotate(Sum("cost_usd"))
        for provider, dollars in sums.order_by("provider"):
            cost.add_metric([provider], float(dollars or 0))
    yield cost
