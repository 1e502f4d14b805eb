"""Gates: what a prompt version of a feature must have passed before it is live.

A feature that has suites of its own (llm knows their figures, not what they mean) registers a gate. Then a version is
given to nobody unless its newest run with this release's versions was passed on every model in use that it was tried
with. The version that ships with the release needs no run: an installation works before anybody measured anything.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from llm import registry
from llm.models import AssuranceRun, OwnKey


class Standing(models.TextChoices):
    """How a prompt version stands before its gate, with this release."""

    OPEN = "open", _lazy("No gate")
    PASSED = "passed", _lazy("Passed")
    BELOW = "below", _lazy("Below the gate")
    UNMEASURED = "unmeasured", _lazy("Not measured")


@dataclass(frozen=True, slots=True)
class Versions:
    """What a run is of, beside its prompt: another evaluator, other code or other suites is another run."""

    evaluator: str
    code: str
    suites: str


@dataclass(frozen=True, slots=True)
class Gate:
    """`shipped` is the release's own prompt version; `how` says, for a version, which command runs the suites."""

    shipped: str
    versions: Callable[[], Versions]
    how: Callable[[str], str]


_gates: dict[str, Gate] = {}


def register(feature: str, gate: Gate) -> None:
    """Prompt versions of this feature pass a gate (called in AppConfig.ready of the app that owns the suites)."""
    _gates[feature] = gate


def of(feature: str) -> Gate | None:
    """The gate of a feature, where it has one."""
    return _gates.get(feature)


def standing(feature: str, prompts: Collection[str]) -> dict[str, Standing]:
    """How each of these prompt versions stands; open where the feature has no gate. Two queries at most."""
    if feature not in _gates:
        return dict.fromkeys(prompts, Standing.OPEN)
    runs = newest(feature, prompts)
    return {prompt: _standing([run for run in runs if run.prompt_version == prompt]) for prompt in prompts}


def may_run(feature: str, prompts: Collection[str]) -> dict[str, bool]:
    """Which of these prompt versions may be given to anybody."""
    gate = _gates.get(feature)
    found = standing(feature, prompts)
    return {
        prompt: one in (Standing.OPEN, Standing.PASSED) or (gate is not None and prompt == gate.shipped)
        for prompt, one in found.items()
    }


def newest(feature: str, prompts: Collection[str]) -> list[AssuranceRun]:
    """The newest run of each prompt version with each model in use, of this release's versions."""
    now = _gates[feature].versions()
    runs = AssuranceRun.objects.filter(
        feature=feature,
        prompt_version__in=prompts,
        evaluator_version=now.evaluator,
        code_version=now.code,
        suites_version=now.suites,
    )
    last = list(runs.order_by("prompt_version", "model", "-finished_at").distinct("prompt_version", "model"))
    used = models_in_use() if last else frozenset()
    return [run for run in last if not used or run.model in used]


def is_of_this_release(run: AssuranceRun) -> bool:
    """Whether a run counts now: same evaluator, code and suites."""
    gate = _gates.get(run.feature)
    return gate is not None and gate.versions() == Versions(run.evaluator_version, run.code_version, run.suites_version)


def models_in_use() -> frozenset[str]:
    """The models that calls may go to, by the platform's keys or a tenant's; empty = any, where a server chooses."""
    keyed = set(OwnKey.objects.values_list("account__label", flat=True))
    by_tenants = [target for target in registry.keyless() if target.account in keyed]
    names = {target.model for target in (*registry.targets(), *by_tenants)}
    return frozenset() if "" in names else frozenset(names)


def why_not(feature: str, prompts: Sequence[str]) -> str:
    """Why an experiment with these prompt versions can't run, and what to do about it; "" where it can.

    The shipped version needs no run, but where it has one it must not be below.
    """
    gate = _gates.get(feature)
    if gate is None:
        return ""
    found = standing(feature, prompts)
    below = [prompt for prompt in prompts if found[prompt] == Standing.BELOW]
    if below:
        return _("%(name)s is below its gate: it can't be made live. %(suites)s.") % {
            "name": below[0],
            "suites": "; ".join(_suites(run) for run in newest(feature, below[:1]) if not run.passed),
        }
    unmeasured = [prompt for prompt in prompts if found[prompt] == Standing.UNMEASURED and prompt != gate.shipped]
    if unmeasured:
        return _("%(name)s was not measured with this release. First run: %(command)s") % {
            "name": unmeasured[0],
            "command": gate.how(unmeasured[0]),
        }
    return ""


def below(figures: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The suites whose share is under the least one, by name."""
    return sorted(name for name, one in figures.items() if not one["cases"] or one["met"] / one["cases"] < one["least"])


def _standing(runs: Sequence[AssuranceRun]) -> Standing:
    if any(not run.passed for run in runs):
        return Standing.BELOW
    return Standing.PASSED if runs else Standing.UNMEASURED


def _suites(run: AssuranceRun) -> str:
    """model: injection 1 of 4, order 3 of 4"""
    suites = ", ".join(
        _("%(suite)s %(met)d of %(cases)d")
        % {"suite": name, "met": run.figures[name]["met"], "cases": run.figures[name]["cases"]}
        for name in below(run.figures)
    )
    return f"{run.model}: {suites}"
