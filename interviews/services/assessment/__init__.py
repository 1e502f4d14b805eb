"""How good an evaluator is: measured on interviews whose levels are known, and on changes that must move one or none.

Everything here is plain data and arithmetic; nothing is stored and no tenant is needed. Each role is rated with the
numbers that were fitted without it, and the suites with those that rate candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from interviews.services.assessment import dataset, measuring, suites
from interviews.services.evaluation import basic, fits
from interviews.services.evaluation.fits import Fit
from interviews.services.evaluation.types import Answer, CompetencyText, Rating
from interviews.services.simulation.dataset import BadDataset

__all__ = ["as_text", "assess"]


@dataclass(frozen=True, slots=True)
class Basic:
    """The basic evaluator with the numbers of one fit."""

    fit: Fit

    def rate(self, competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> Sequence[Rating]:
        return basic.rate(competencies, answers, self.fit)

    def by_length(self, words: int) -> int:
        return self.fit.by_length(words)


def assess(folder: Path, *, roles: tuple[str, ...] = ()) -> dict[str, Any]:
    """Figures of each role, of all of them together, and of the suites.

    :raises interviews.services.simulation.dataset.BadDataset: if the folder cannot be used.
    """
    found = dataset.load(folder, roles=roles)
    rated = {
        role: [measuring.rate(known, found.competencies[role], _unseen(role)) for known in interviews]
        for role, interviews in found.interviews.items()
    }
    return {
        "evaluator": "basic",
        "version": basic.version(),
        "roles": {role: measuring.measures(ones).as_json() for role, ones in rated.items()},
        "overall": measuring.measures(list(chain.from_iterable(rated.values()))).as_json(),
        "suites": suites.expected(found, Basic(fits.product())),
    }


def _unseen(role: str) -> Basic:
    fit = fits.without(role)
    if fit is None:
        raise BadDataset(f"Every fit of the basic evaluator has seen {role!r}: fit it on another role too.")
    return Basic(fit)


def as_text(report: dict[str, Any]) -> str:
    """The same as a table for people."""
    names = list(report["overall"])
    rows = [("", *names), *((role, *map(_cell, m.values())) for role, m in report["roles"].items())]
    rows.append(("overall", *map(_cell, report["overall"].values())))
    lines = [f"{report['evaluator']} {report['version']}", *_columns(rows)]
    cases = [(suite, str(one["cases"]), f"{one['expected']:.0%}") for suite, one in report["suites"].items()]
    return "\n".join([*lines, *(["", *_columns([("suite", "cases", "expected"), *cases])] if cases else [])])


def _cell(value: float | None) -> str:
    return "-" if value is None else str(value)


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
