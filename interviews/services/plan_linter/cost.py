"""What the models of one interview cost, before there is any: an estimate in US dollars.

It rests on the calls that the plan leads to (replies where a follow-up is wanted or every reply is worded, three passes
for each competency), on the tokens of a call that `manage.py capacity` assumes, and on today's prices of the models
that the router would ask first. Caches, templates and failed calls beyond the assumed ones are left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from fractions import Fraction
from functools import cache

from django.utils.translation import gettext as _

from interviews.services.evaluation.inquiry import PASSES
from interviews.services.interviewer import phrases
from interviews.services.jobs import JobPlan
from interviews.services.plan_linter import effort
from interviews.services.plan_linter.plain import FILE
from interviews.services.plan_linter.remarks import Remark, Severity
from llm import capacity_sources, features, gateway, own_keys, registry, router
from llm.capacity_rows import Part
from llm.policy import TenantPolicy
from llm.router import Need
from llm.targets import Target

HUNDREDTH_OF_A_CENT = Decimal("0.0001")
TURNS, RATINGS = "interview_turn", "evaluation"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of call in an interview; `usd` is all of its calls, None where the price is unknown."""

    feature: str
    calls: Fraction
    tokens_in: int
    tokens_out: int
    model: str
    usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What it comes to; without lines no model is asked, and it is 0."""

    lines: tuple[Line, ...]

    @property
    def usd(self) -> Decimal | None:
        """The sum, None where a price is unknown."""
        known = [line.usd for line in self.lines if line.usd is not None]
        return sum(known, Decimal(0)) if len(known) == len(self.lines) else None


def estimate(plan: JobPlan, policy: TenantPolicy) -> Cost:
    """What one interview by this plan costs the tenant's model accounts. Reads the registry."""
    if gateway.mode(policy) == "basic":
        return Cost(())
    targets = own_keys.over(registry.targets(), policy)
    parts = {part.name: part for part in capacity_sources.assumed(None).parts}
    asked = {TURNS: _turns(plan), RATINGS: Fraction(len(PASSES) * len(plan.competencies))}
    lines = (_line(plan, parts[name], count, targets, policy) for name, count in asked.items() if count)
    return Cost(tuple(line for line in lines if line is not None))


def remarks(plan: JobPlan, policy: TenantPolicy) -> Iterator[Remark]:
    """The estimate, with what it rests on."""
    cost = estimate(plan, policy)
    if gateway.mode(policy) == "basic":
        message = _("US$0 for an interview: no model is configured, so that replies are scripted and ratings basic.")
        yield Remark("cost", Severity.HINT, message)
    if not cost.lines:
        return
    usd = cost.usd
    total = (
        _("an unknown sum (a model has no price)")
        if usd is None
        else f"US${usd.quantize(HUNDREDTH_OF_A_CENT, ROUND_UP)}"
    )
    message = _("About %(total)s for an interview, estimated from: %(lines)s. Sizes are assumed, prices are today's.")
    yield Remark("cost", Severity.HINT, message % {"total": total, "lines": "; ".join(map(_told, cost.lines))})


def _turns(plan: JobPlan) -> Fraction:
    """The replies that a model is expected to be asked for."""
    probes = effort.follow_ups(plan) * Fraction(str(phrases.data(FILE)["minutes"]["probed"]))
    return len(plan.questions) + probes if plan.words_every_reply else probes


def _line(plan: JobPlan, part: Part, count: Fraction, targets: tuple[Target, ...], policy: TenantPolicy) -> Line | None:
    """So many answers by the model that would be asked first; None if none may be."""
    size = {"tokens_in": round(part.tokens_in), "tokens_out": round(part.tokens_out)}
    waits = part.name == RATINGS and plan.evaluation_waits_hours > 0
    target = _first(targets, part.name, policy, size, batch=True) if waits else None
    factor = target.price.batch_factor if target and target.price else Decimal(1)
    target = target or _first(targets, part.name, policy, size, batch=False)
    if target is None:
        return None
    calls = count * _attempts()
    each = target.price.cost_usd(tokens_cached=0, **size) * factor if target.price else None
    usd = None if each is None else each * Decimal(calls.numerator) / Decimal(calls.denominator)
    return Line(part.name, calls, size["tokens_in"], size["tokens_out"], target.model, usd)


def _first(
    targets: tuple[Target, ...], feature: str, policy: TenantPolicy, size: dict[str, int], *, batch: bool
) -> Target | None:
    need = Need(features.named(feature).complexity, size["tokens_in"], size["tokens_out"], policy, batch=batch)
    candidates = router.order(targets, need).candidates
    return candidates[0].target if candidates else None


@cache
def _attempts() -> Fraction:
    """Calls for an answer, on average."""
    return Fraction(str(json.loads(capacity_sources.ASSUMPTIONS.read_text())["attempts_an_answer"]))


def _told(line: Line) -> str:
    kinds = {TURNS: _("replies"), RATINGS: _("ratings")}
    return _("%(calls)s %(kind)s of %(tokens_in)s + %(tokens_out)s tokens by %(model)s") % {
        "calls": f"{float(line.calls):.1f}",
        "kind": kinds[line.feature],
        "tokens_in": line.tokens_in,
        "tokens_out": line.tokens_out,
        "model": line.model or _("the server's own model"),
    }
