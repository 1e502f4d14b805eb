"""An evaluator measured by the suites: a model's run is recorded, the basic evaluator's figures ship as data."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from core import clock, tenancy
from interviews.services.assessment import by_model, tables
from interviews.services.assessment.by_model import FEATURE, ByModel
from interviews.services.assurance.data import data
from interviews.services.assurance.running import Outcome, failing, gate, run
from interviews.services.evaluation import basic, code, model
from llm import assurance as recorded
from llm.assurance import Found
from llm.gates import Gate, Versions
from llm.spent import Spent

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "basic_assurance.json"
Figures = Mapping[str, Mapping[str, Any]]
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to measure: a model ("" = the one asked first) with a prompt ("" = the one that rates candidates)."""

    cases: int
    most_calls: int
    model: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an evaluator reached. `recorded` is False of a trial: too few cases to count."""

    evaluator: str
    outcomes: Mapping[str, Outcome]
    prompt: str = ""
    model: str = ""
    spent: Spent | None = None
    recorded: bool = False

    @property
    def failing(self) -> list[str]:
        return failing(self.outcomes)

    def as_json(self) -> dict[str, Any]:
        return {
            "evaluator": self.evaluator,
            "prompt": self.prompt,
            "model": self.model,
            "code": code.version(),
            "suites": figures(self.outcomes),
            "passed": not self.failing,
            "below": self.failing,
            "recorded": self.recorded,
            "calls": self.spent.calls if self.spent else 0,
            "cost_usd": float(self.spent.cost_usd) if self.spent and self.spent.cost_usd is not None else None,
        }


def least_cases() -> int:
    """Of each suite, for a run to count."""
    return int(data()["least_cases"])


def gate_of_prompts() -> Gate:
    """What a prompt version of evaluations must have passed before it rates candidates."""
    return Gate(shipped=model.PROMPT, versions=versions, how=_command)


def versions() -> Versions:
    """Of this release; figures of others say nothing about it."""
    return Versions(model.VERSION, code.version(), str(data()["version"]))


def measure_basic() -> Measured:
    """The basic evaluator on every case: the same figures each time."""
    return Measured(basic.version(), run(basic.rate))


def measure_model(wanted: Wanted, *, by: str, say: Say) -> Measured:
    """Run the suites with one model alone and record what came of it; fewer cases than count are a trial.

    An interrupted run leaves no record, and what was answered is kept for a day: the next one goes on from there.

    :raises llm.pinning.NotUsable, by_model.UnknownPrompt, by_model.TooManyCalls: with nothing asked.
    :raises llm.gateway.Unavailable: if the model could not be asked; nothing was recorded.
    """
    with tenancy.enter_platform():
        began = clock.now()
        asked = by_model.with_model(wanted.model, wanted.prompt)
        calls = by_model.planned(lambda rate: run(rate, cases=wanted.cases), asked.prompt)
        told = {"calls": calls, "model": asked.pinned, "prompt": asked.prompt}
        say(_("Up to %(calls)d calls: %(model)s with %(prompt)s.") % told)
        by_model.within(calls, wanted.most_calls)
        measured = _measured(asked, run(asked.rate, cases=wanted.cases))
        if measured.recorded:
            recorded.record(_found(measured, asked, began), by=by)
        return measured


def _measured(asked: ByModel, outcomes: Mapping[str, Outcome]) -> Measured:
    name = ", ".join(sorted(asked.answered))
    counts = min(one.cases for one in outcomes.values()) >= least_cases()
    return Measured(model.VERSION, outcomes, asked.prompt, name, asked.spent(), counts)


def _found(measured: Measured, asked: ByModel, began: Any) -> Found:
    spent = asked.spent()
    return Found(
        feature=FEATURE,
        prompt=measured.prompt,
        versions=versions(),
        model=measured.model,
        figures=figures(measured.outcomes),
        calls=spent.calls,
        cost_usd=spent.cost_usd,
        started_at=began,
    )


def figures(outcomes: Mapping[str, Outcome]) -> Figures:
    """suite -> {"cases", "met", "least"}, as llm.models.AssuranceRun keeps it."""
    return {name: {"cases": one.cases, "met": one.met, "least": gate()[name]} for name, one in outcomes.items()}


def _command(prompt: str) -> str:
    return f"python manage.py assure_evaluator --evaluator model --prompt {prompt}"


# --- the basic evaluator's, which take seconds to find ------------------------------------------


@cache
def shipped() -> dict[str, Any]:
    """What the basic evaluator of this release reached: {"evaluator", "suites", "figures"}; tests prove it current."""
    found: dict[str, Any] = json.loads(SHIPPED.read_text())
    return found


def as_shipped(measured: Measured) -> dict[str, Any]:
    return {"evaluator": measured.evaluator, "suites": data()["version"], "figures": figures(measured.outcomes)}


def ship(measured: Measured, output: Path) -> None:
    """Write what `shipped` reads."""
    output.write_text(json.dumps(as_shipped(measured), indent=2) + "\n")


def as_text(measured: Measured) -> str:
    """A line for each suite, and what came of it."""
    head = " ".join(part for part in (measured.evaluator, measured.prompt, measured.model) if part)
    below = measured.failing
    rows = [("suite", "met", "cases", "share", "gate", "")]
    for name, one in measured.outcomes.items():
        share, least = f"{100 * one.met // one.cases}%", f"{gate()[name]:.0%}"
        rows.append((name, str(one.met), str(one.cases), share, least, "below" if name in below else ""))
    return "\n".join([head, *tables.columns(rows), _conclusion(measured)])


def _conclusion(measured: Measured) -> str:
    if measured.spent is not None and not measured.recorded:
        told = {"least": least_cases()}
        return _("A trial: under %(least)d cases of each suite nothing is recorded, and nothing made live.") % told
    if measured.failing:
        return _("Below the gate: %(suites)s. This version can't be made live.") % {
            "suites": ", ".join(measured.failing)
        }
    return _("Every suite is at its gate or above.")
