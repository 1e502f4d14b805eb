"""How good an evaluator is: measured on interviews whose levels are known, and on changes that must move one or none.

Everything here is plain data and arithmetic; nothing is stored and no tenant is needed. Each role is rated with the
numbers that were fitted without it, and the suites with those that rate candidates; a model needs no numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from interviews.services.assessment import configurations, dataset, fitted, measuring, suites, tables
from interviews.services.assessment.configurations import Say, Wanted
from interviews.services.evaluation import basic, fits
from interviews.services.evaluation.fits import Fit
from interviews.services.evaluation.types import Answer, CompetencyText, Rating

__all__ = ["Wanted", "as_text", "assess", "assess_models", "fit"]


@dataclass(frozen=True, slots=True)
class Basic:
    """The basic evaluator with the numbers of one fit."""

    fit: Fit

    def rate(self, competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> Sequence[Rating]:
        return basic.rate(competencies, answers, self.fit)

    def by_length(self, words: int) -> int:
        return self.fit.by_length(words)


def assess(folder: Path, *, roles: tuple[str, ...] = (), limit: int = 0) -> dict[str, Any]:
    """Figures of each role, of all of them together, and of the suites; of at most `limit` interviews of a role.

    :raises interviews.services.simulation.dataset.BadDataset: if the folder cannot be used.
    """
    found = dataset.limited(dataset.load(folder, roles=roles), limit)
    rated = {
        role: [measuring.rate(known, found.competencies[role], Basic(fitted.unseen(role))) for known in interviews]
        for role, interviews in found.interviews.items()
    }
    return {
        "evaluator": "basic",
        "version": basic.version(),
        "roles": {role: measuring.measures(ones).as_json() for role, ones in rated.items()},
        "overall": measuring.measures(list(chain.from_iterable(rated.values()))).as_json(),
        "suites": suites.expected(found, Basic(fits.product())),
    }


def assess_models(wanted: Wanted, *, say: Say) -> list[dict[str, Any]]:
    """The same of one or several models, and what they cost: interviews.services.assessment.configurations.assess."""
    return configurations.assess(wanted, say=say)


def fit(folder: Path, *, output: Path) -> list[Fit]:
    """Fit the basic evaluator's numbers on the folder and write them.

    :raises interviews.services.simulation.dataset.BadDataset: if the folder cannot be used; nothing is written.
    """
    made = fitted.make(folder)
    fitted.write(made, output)
    return made


def as_text(reports: Sequence[dict[str, Any]]) -> str:
    """The same as a table for people: one evaluator by role, or several models beside each other."""
    return configurations.as_text(reports) if reports[0]["evaluator"] == "model" else _of_one(reports[0])


def _of_one(report: dict[str, Any]) -> str:
    names = list(report["overall"])
    rows = [("", *names), *((role, *map(tables.cell, m.values())) for role, m in report["roles"].items())]
    rows.append(("overall", *map(tables.cell, report["overall"].values())))
    lines = [f"{report['evaluator']} {report['version']}", *tables.columns(rows)]
    cases = [(suite, str(one["cases"]), f"{one['expected']:.0%}") for suite, one in report["suites"].items()]
    return "\n".join([*lines, *(["", *tables.columns([("suite", "cases", "expected"), *cases])] if cases else [])])
