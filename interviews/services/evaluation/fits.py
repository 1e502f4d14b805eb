"""Fitted numbers of the basic evaluator (interviews/data/basic_fits.json, written by `manage.py fit_evaluator`).

A proportional-odds model (McCullagh 1980) over three levels: the features of a competency, standardised and weighed,
add up to a score; two thresholds on it part low, medium and high. The value of a competency is the expected level,
1 to 5.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data" / "basic_fits.json"
LEVELS = (1, 3, 5)


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted on the interviews of `roles`.

    `thresholds` part the score, `cuts` the value into five levels, `words` an interview's number of words into three
    (for a comparison with length alone; nothing else uses it).
    """

    roles: tuple[str, ...]
    means: Mapping[str, float]
    scales: Mapping[str, float]
    coefficients: Mapping[str, float]
    thresholds: tuple[float, float]
    cuts: tuple[float, float, float, float]
    words: tuple[float, float]

    @property
    def middle(self) -> float:
        return sum(self.thresholds) / 2

    def score(self, features: Mapping[str, float]) -> float:
        """The features as one number; above `middle` is above medium."""
        return sum(
            weight * (features[name] - self.means[name]) / self.scales[name]
            for name, weight in self.coefficients.items()
        )

    def value(self, score: float) -> float:
        """The expected level of this score."""
        low, not_high = (_share(threshold - score) for threshold in self.thresholds)
        return LEVELS[0] * low + LEVELS[1] * (not_high - low) + LEVELS[2] * (1 - not_high)

    def level(self, value: float) -> int:
        return bisect_right(self.cuts, value) + 1

    def by_length(self, words: int) -> int:
        """The level that the number of words alone would give."""
        return LEVELS[bisect_right(self.words, words)]


@cache
def fits() -> tuple[Fit, ...]:
    """All of the data file, that of the most roles last."""
    rows = json.loads(DATA.read_text())["fits"]
    made = (
        Fit(
            roles=tuple(row["roles"]),
            means=row["means"],
            scales=row["scales"],
            coefficients=row["coefficients"],
            thresholds=tuple(row["thresholds"]),
            cuts=tuple(row["cuts"]),
            words=tuple(row["words"]),
        )
        for row in rows
    )
    return tuple(sorted(made, key=lambda fit: len(fit.roles)))


def product() -> Fit:
    """The one that rates candidates."""
    return fits()[-1]


def without(role: str) -> Fit | None:
    """The one of the most roles among those that never saw this role; the product's own where it did not."""
    return next((fit for fit in reversed(fits()) if role not in fit.roles), None)


def _share(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
