"""Model configurations measured side by side: quality, cost, latency, each with one model alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from core import tenancy
from interviews.services.assessment import by_model, dataset, measuring, suites, tables
from interviews.services.assessment.by_model import ByModel, Rate
from interviews.services.assessment.dataset import Dataset
from interviews.services.assessment.fitted import unseen
from interviews.services.assessment.measuring import Rated
from interviews.services.evaluation import fits, model
from interviews.services.evaluation.fits import Fit
from interviews.services.evaluation.types import Answer, CompetencyText, Rating
from llm.spent import Spent

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: these models (none = the one that is asked first), at most so many interviews and calls."""

    folder: Path
    roles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    prompt: str = ""
    limit: int = 0
    most_calls: int = 0


@dataclass(frozen=True, slots=True)
class _Beside:
    """A rating, and the label that a number of words would give by the numbers of this fit."""

    rating: Rate
    fit: Fit

    def rate(self, competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> Sequence[Rating]:
        return self.rating(competencies, answers)

    def by_length(self, words: int) -> int:
        return self.fit.by_length(words)


def assess(wanted: Wanted, *, say: Say) -> list[dict[str, Any]]:
    """A report for each model, as `assessment.assess` makes one, and what it cost and how long it took.

    A level of a model is its label by the same rule as the basic evaluator's: nothing is fitted. Length alone is judged
    with cut-offs of a role that is not under test.

    :raises interviews.services.simulation.dataset.BadDataset: if the folder cannot be used.
    :raises llm.pinning.NotUsable, by_model.UnknownPrompt, by_model.TooManyCalls: with nothing asked.
    :raises llm.gateway.Unavailable: if a model could not be asked; what was answered is kept for a day.
    """
    found = dataset.limited(dataset.load(wanted.folder, roles=wanted.roles), wanted.limit)
    with tenancy.enter_platform():
        asked = [by_model.with_model(name, wanted.prompt) for name in wanted.models or ("",)]
        calls = len(asked) * by_model.planned(lambda rate: _all(found, rate), asked[0].prompt)
        say(
            _("Up to %(calls)d calls: %(models)s.") % {"calls": calls, "models": ", ".join(one.pinned for one in asked)}
        )
        by_model.within(calls, wanted.most_calls)
        return [_report(found, one) for one in asked]


def _all(found: Dataset, rate: Rate) -> None:
    _interviews(found, rate)
    _suites(found, rate)


def _interviews(found: Dataset, rate: Rate) -> dict[str, list[Rated]]:
    return {
        role: [measuring.rate(known, found.competencies[role], _Beside(rate, unseen(role))) for known in interviews]
        for role, interviews in found.interviews.items()
    }


def _suites(found: Dataset, rate: Rate) -> dict[str, dict[str, float]]:
    return suites.expected(found, _Beside(rate, fits.product()))


def _report(found: Dataset, asked: ByModel) -> dict[str, Any]:
    rated = _interviews(found, asked.rate)
    of_interviews = asked.spent()
    of_suites = _suites(found, asked.rate)
    whole = asked.spent()
    overall = measuring.measures(list(chain.from_iterable(rated.values())))
    return {
        "evaluator": "model",
        "version": model.VERSION,
        "prompt": asked.prompt,
        "model": asked.pinned,
        "roles": {role: measuring.measures(ones).as_json() for role, ones in rated.items()},
        "overall": overall.as_json(),
        "suites": of_suites,
        **_figures(whole),
        "cost_usd": _usd(whole, 1) if asked.has_price else None,
        "cost_usd_interview": _usd(of_interviews, overall.interviews) if asked.has_price else None,
    }


def _figures(spent: Spent) -> dict[str, Any]:
    """Calls, and answers that were kept from before; latency is that of calls alone."""
    return {
        "calls": spent.calls,
        "kept": spent.kept,
        "seconds_p50": spent.seconds(0.5),
        "seconds_p95": spent.seconds(0.95),
    }


def _usd(spent: Spent, among: int) -> float | None:
    return None if spent.price_usd is None else round(float(spent.price_usd) / among, 6)


QUALITY = ("qwk", "accuracy", "spearman", "abstained", "quotes_valid")
PRICE = ("cost_usd_interview", "seconds_p50", "seconds_p95")


def as_text(reports: Sequence[dict[str, Any]]) -> str:
    """A line for each configuration: quality, the cost of an interview in dollars, the latency of a call in seconds."""
    rows = [("model", *QUALITY, "usd/interview", "p50 s", "p95 s", "calls", "kept")]
    for one in reports:
        figures = [*(one["overall"][name] for name in QUALITY), *(one[name] for name in PRICE)]
        rows.append((one["model"], *map(tables.cell, figures), str(one["calls"]), str(one["kept"])))
    lines = [f"{reports[0]['evaluator']} {reports[0]['version']}, {reports[0]['prompt']}", *tables.columns(rows)]
    expected = _expected(reports)
    return "\n".join([*lines, *(["", *expected] if expected else [])])


def _expected(reports: Sequence[dict[str, Any]]) -> list[str]:
    """suite x model: the share with the expected behaviour."""
    names = list(reports[0]["suites"])
    if not names:
        return []
    head = ("suite", "cases", *(one["model"] for one in reports))
    rows = [
        (name, str(reports[0]["suites"][name]["cases"]), *(f"{one['suites'][name]['expected']:.0%}" for one in reports))
        for name in names
    ]
    return tables.columns([head, *rows])
