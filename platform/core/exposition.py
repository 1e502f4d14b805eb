"""Everything that a scrape shows: what the processes counted, and the gauges that are looked up."""

import os
from pathlib import Path

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from core import gauges, shared_counts


def text() -> bytes:
    """The text format, summed over the processes where they share a folder."""
    return generate_latest(_Everything())


def families() -> list[Metric]:
    """All metrics now; gauges first, so that their errors are counted in the same scrape."""
    return [*gauges.families(), *_counted()]


def _counted() -> list[Metric]:
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return shared_counts.collect(Path(folder)) if folder else list(REGISTRY.collect())


class _Everything(Collector):
    def collect(self) -> list[Metric]:
        return families()
