"""What the gateway is asked for, and the caps of each: data/features.json."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "features.json"


class UnknownFeature(LookupError):
    """The call names a feature that data/features.json does not list, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A kind of call. Tokens are the most that one may take, `patience` is in seconds.

    `share` is the part of an account's limits of a minute, and at once, that such calls may fill: the rest is kept for
    those that can't wait. `calls_an_interview` are those whose money is set aside when an interview starts.
    """

    name: str
    complexity: str
    most_in: int
    most_out: int
    patience: float
    cache_seconds: int = 0
    batch: bool = False
    share: float = 1.0
    calls_an_interview: int = 0


def named(name: str) -> Feature:
    """:raises UnknownFeature: if it is not listed."""
    try:
        return listed()[name]
    except KeyError:
        raise UnknownFeature(f"{name!r} is not in {DATA.name}.") from None


@cache
def listed() -> dict[str, Feature]:
    """All features by name."""
    rows = json.loads(DATA.read_text())["features"]
    return {name: Feature(name, **row) for name, row in rows.items()}
