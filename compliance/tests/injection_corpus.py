"""The corpus of injections, its held-out fifth, and the figures of the detector on it."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from compliance.injection import detect

DATA = Path(__file__).resolve().parents[1] / "data" / "injection"
HELD_OUT = 4  # of the fifths 0 to 4; no rule is written with its texts in view

Line = dict[str, Any]


@cache
def attacks() -> list[Line]:
    return _lines("attacks")


@cache
def benign() -> list[Line]:
    return _lines("benign")


def is_held_out(line: Line) -> bool:
    return int(hashlib.sha256(line["id"].encode()).hexdigest(), 16) % 5 == HELD_OUT


@dataclass
class Figures:
    """How many lines of a part were flagged, by family of attack or kind of honest answer."""

    lines: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.flagged.total() / self.lines.total()

    def __str__(self) -> str:
        each = ", ".join(f"{name} {self.flagged[name]}/{count}" for name, count in self.lines.items())
        return f"{self.flagged.total()}/{self.lines.total()} = {self.share:.1%} ({each})"


@cache
def measure() -> dict[str, Figures]:
    """Recall by family and false positives by kind, for the fitted four fifths and the held-out one; printed too."""
    figures = {
        f"{name}, {part}": _figures([line for line in lines if is_held_out(line) == held], key)
        for name, lines, key in (("recall", attacks(), "family"), ("false positives", benign(), "kind"))
        for part, held in (("fitted", False), ("held out", True))
    }
    for name, found in figures.items():
        print(f"{name}: {found}")  # noqa: T201 (figures for whoever runs the tests)
    return figures


def _figures(lines: list[Line], key: str) -> Figures:
    figures = Figures()
    for line in lines:
        figures.lines[line[key]] += 1
        figures.flagged[line[key]] += detect(line["text"]).flagged
    return figures


def _lines(name: str) -> list[Line]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
