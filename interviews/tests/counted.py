"""What the process counted while something was done, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY


@contextmanager
def counting(*names: str) -> Iterator[dict[str, float]]:
    """What the block adds to the series of these metrics: "name label=value" -> how much, nothing that stayed."""
    before, added = _values(names), dict[str, float]()
    yield added
    after = _values(names)
    added |= {key: value - before.get(key, 0.0) for key, value in after.items() if value != before.get(key, 0.0)}


def _values(names: tuple[str, ...]) -> dict[str, float]:
    return {
        " ".join([sample.name, *(f"{label}={value}" for label, value in sorted(sample.labels.items()))]): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name in names
    }
