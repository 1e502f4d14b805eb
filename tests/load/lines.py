"""The lines of a measurement, and the numbers in them."""

import json
from collections.abc import Sequence
from math import ceil


class Lines:
    """Prints each figure the moment it is known, and remembers whether every bar held.

    A small run says nothing about speed and size: when `quick`, only correctness is judged.
    """

    def __init__(self, *, quick: bool = False) -> None:
        self.held, self._quick = True, quick

    def none(self, name: str, value: float, unit: str) -> None:
        """A count of what may never happen, judged in every run."""
        self._judge(name, value, unit, None, 0)

    def every(self, name: str, value: float, unit: str, *, of: float) -> None:
        """A count of what must happen each time, judged in every run."""
        self._judge(name, value, unit, of, None)

    def bar(self, name: str, value: float, unit: str, *, least: float | None = None, most: float | None = None) -> None:
        """A figure of speed or size with its bar: at least `least`, or at most `most`. Only told when `quick`."""
        if self._quick:
            self.tell(name, value, unit)
        else:
            self._judge(name, value, unit, least, most)

    def tell(self, name: str, value: float, unit: str) -> None:
        """A figure without a bar."""
        self._print(name, value, unit, None, None)

    def skip(self, name: str, unit: str) -> None:
        """A figure that can't be measured here: not held, and not missed either."""
        self._print(name, 0, unit, None, None, skipped=True)

    def _judge(self, name: str, value: float, unit: str, least: float | None, most: float | None) -> None:
        limit = least if least is not None else most
        assert limit is not None
        ok = value >= limit if least is not None else value <= limit
        self.held = self.held and ok
        self._print(name, value, unit, limit, ok)

    def _print(
        self, name: str, value: float, unit: str, bar: float | None, ok: bool | None, *, skipped: bool = False
    ) -> None:
        line = {"name": name, "value": round(value, 3), "unit": unit, "bar": bar, "ok": ok}
        print(json.dumps(line | ({"skipped": True} if skipped else {})), flush=True)


def percentile(values: Sequence[float], percent: float) -> float:
    """By nearest rank; 0.0 of nothing."""
    return sorted(values)[max(ceil(len(values) * percent / 100) - 1, 0)] if values else 0.0
