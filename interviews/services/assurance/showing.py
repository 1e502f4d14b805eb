"""The page "Score assurance": what each version of the evaluator reached, and which of them rates candidates here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from accounts.models import User
from accounts.roles import NotPermitted, Permission
from core import tenancy
from interviews.selectors import policies
from interviews.services.assessment.by_model import FEATURE
from interviews.services.assurance import measuring
from interviews.services.assurance.data import data
from interviews.services.assurance.running import gate
from interviews.services.assurance.wording import SUITES
from interviews.services.evaluation import code, model
from llm import assurance, experiments, gates, gateway
from llm.models import AssuranceRun

MOST_ROWS = 20
LOOKERS = (Permission.VIEW_AUDIT, Permission.MANAGE_JOBS)
PASSED, BELOW, EARLIER, UNMEASURED = "passed", "below", "earlier", "unmeasured"


@dataclass(frozen=True, slots=True)
class Cell:
    """A suite's figure of a version; `met` None = it was not tried."""

    name: str
    cases: int
    met: int | None
    least_percent: int
    below: bool

    @property
    def percent(self) -> int | None:
        return None if self.met is None else 100 * self.met // self.cases


@dataclass(frozen=True, slots=True)
class Row:
    """A version of the evaluator. `state` is passed, below, earlier (another release) or unmeasured; `live`: here.

    `model` is "" of the basic evaluator; `at` and `cost_usd` are None where there was no run, or no price.
    """

    evaluator: str
    prompt: str
    model: str
    code: str
    state: str
    live: bool
    shipped: bool
    cells: Sequence[Cell]
    at: datetime | None = None
    calls: int = 0
    cost_usd: Decimal | None = None

    @property
    def below(self) -> str:
        """The suites below their gate, in words."""
        return ", ".join(cell.name for cell in self.cells if cell.below)


def page(*, by: User) -> dict[str, Any]:
    """Every version with its figures, the suites in words, and what rates candidates of this tenant.

    :raises accounts.roles.NotPermitted: with nothing read.
    """
    if not any(by.may(permission) for permission in LOOKERS):
        raise NotPermitted(LOOKERS[0].label)
    mode = gateway.mode(policies.of_tenant())
    prompts = experiments.versions(FEATURE, schema=tenancy.schema(), default=model.PROMPT)
    live = prompts if mode == "model" else ()
    return {"rows": [*_of_models(live), _basic(live=mode == "basic")], "suites": _suites()}


def _suites() -> list[dict[str, Any]]:
    return [
        {"key": key, "name": name, "about": about, "least_percent": _percent(gate()[key])}
        for key, (name, about) in SUITES.items()
    ]


def _of_models(live: Sequence[str]) -> list[Row]:
    """What is live and was not measured with this release, then the runs, the newest first."""
    runs = assurance.history(FEATURE, most=MOST_ROWS)
    used = gates.models_in_use()
    counted = {run.pk for run in runs if gates.is_of_this_release(run) and (not used or run.model in used)}
    stands = gates.standing(FEATURE, list(dict.fromkeys((*live, model.PROMPT))))
    return [
        *(
            _unmeasured(prompt, live=prompt in live)
            for prompt, one in stands.items()
            if one == gates.Standing.UNMEASURED
        ),
        *(_of_run(run, live=run.pk in counted and run.prompt_version in live) for run in runs),
    ]


def _unmeasured(prompt: str, *, live: bool) -> Row:
    return Row(
        evaluator=model.VERSION,
        prompt=prompt,
        model="",
        code=code.version(),
        state=UNMEASURED,
        live=live,
        shipped=prompt == model.PROMPT,
        cells=_cells({}),
    )


def _of_run(run: AssuranceRun, *, live: bool) -> Row:
    current = gates.is_of_this_release(run)
    return Row(
        evaluator=run.evaluator_version,
        prompt=run.prompt_version,
        model=run.model,
        code=run.code_version,
        state=(PASSED if run.passed else BELOW) if current else EARLIER,
        live=live,
        shipped=run.prompt_version == model.PROMPT,
        cells=_cells(run.figures),
        at=run.finished_at,
        calls=run.calls,
        cost_usd=run.cost_usd,
    )


def _basic(*, live: bool) -> Row:
    shipped = measuring.shipped()
    return Row(
        evaluator=shipped["evaluator"],
        prompt="",
        model="",
        code=code.version(),
        state=BELOW if gates.below(shipped["figures"]) else PASSED,
        live=live,
        shipped=True,
        cells=_cells(shipped["figures"]),
    )


def _cells(figures: Mapping[str, Mapping[str, Any]]) -> list[Cell]:
    """A cell for each suite of this release, in their order; judged by the gate of its run."""
    below = gates.below(figures)
    return [
        Cell(str(name), figures[key]["cases"], figures[key]["met"], _percent(figures[key]["least"]), key in below)
        if key in figures
        else Cell(str(name), 0, None, _percent(data()["gate"][key]), False)
        for key, (name, _about) in SUITES.items()
    ]


def _percent(share: float) -> int:
    return round(100 * share)
