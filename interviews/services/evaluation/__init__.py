"""The evaluator: each competency apart, every level with quotes that stand in an answer, numbers computed in code."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import structlog
from django.utils.translation import gettext as _

from interviews.services.evaluation import aggregate, basic, code, model, readable
from interviews.services.evaluation.readable import Readable
from interviews.services.evaluation.types import (
    Answer,
    CompetencyText,
    EvaluationContext,
    Output,
    Rating,
    Result,
    Thresholds,
)
from llm import gates, gateway
from llm.policy import TenantPolicy
from llm.preparing import Unasked

__all__ = ["derive", "evaluate", "input_hash", "questions"]

NEVER_BETTER = frozenset({"not_configured", "too_long"})  # kinds of llm.gateway.Unavailable

log = structlog.get_logger()


def evaluate(
    *,
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    thresholds: Thresholds,
    policy: TenantPolicy,
    context: EvaluationContext,
) -> Result:
    """Rate every competency with the model; without one, all of them in basic mode, which is provisional.

    Hold no transaction: calls go over the network.
    """
    mode, trouble = gateway.mode(policy), ""
    outputs: tuple[Output, ...] = ()
    mapped = _is_mapped(answers, context)
    common = {"rubric": context.rubric, "code": code.version()}
    prompt = model.version(policy, context) if mode == "model" else ""
    if prompt and _is_below_its_gate(prompt):
        log.warning("evaluated_in_basic_mode", reason="gate")
        mode = "basic"
    if mode == "model":
        versions = {"evaluator": model.VERSION, "prompt": prompt, "model": ""} | common
        try:
            call = model.caller(policy, context, prompt)
            found = readable.sort(competencies, answers, context.language, mapped=mapped)
            outputs = model.ask(_ratable(competencies, found), found, call=call, prompt=prompt)
            versions["model"] = ", ".join(sorted({output.model for output in outputs}))
        except gateway.Unavailable as reason:
            log.warning("evaluated_in_basic_mode", reason=reason.kind)
            mode, trouble = "basic", "" if reason.kind in NEVER_BETTER else reason.kind
    if mode == "basic":
        versions = {"evaluator": basic.version(), "prompt": "", "model": ""} | common
    parameters = {"language": context.language, "mapped": mapped} | (
        model.parameters() if mode == "model" else basic.parameters()
    )
    versions["input"] = input_hash(competencies, answers, thresholds, versions, parameters)
    result = derive(competencies, answers, thresholds, mode, outputs, versions, parameters)
    return replace(result, trouble=trouble)


def derive(
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    thresholds: Thresholds,
    mode: str,
    outputs: Sequence[Output],
    versions: dict[str, str],
    parameters: dict[str, Any],
) -> Result:
    """The result that follows from these: the same each time, with nobody asked."""
    language, mapped, is_basic = parameters["language"], parameters["mapped"], mode == "basic"
    found = readable.sort(competencies, answers, language, mapped=mapped, only_english=is_basic)
    ratable = _ratable(competencies, found)
    rated = basic.rate(ratable, found.answers) if is_basic else model.ratings(ratable, found, outputs)
    ratings = _in_order(competencies, rated, found.withheld)
    strengths, weaknesses = aggregate.points(competencies, ratings)
    return Result(
        ratings=ratings,
        scores=aggregate.score(competencies, ratings, thresholds),
        strengths=strengths,
        weaknesses=weaknesses,
        mode=mode,
        versions=versions,
        parameters=parameters,
        outputs=tuple(outputs),
        spoken=tuple(model.spoken(ratable, found, outputs)),
    )


def _is_below_its_gate(prompt: str) -> bool:
    """Whether a model in use failed the suites with it: who was seen to misjudge rates nobody, shipped or not."""
    return gates.standing("evaluation", [prompt])[prompt] == gates.Standing.BELOW


def _is_mapped(answers: Sequence[Answer], context: EvaluationContext) -> bool:
    return any(one.competency_keys for one in answers) if context.mapped is None else context.mapped


def _ratable(competencies: Sequence[CompetencyText], found: Readable) -> list[CompetencyText]:
    """The competencies that have anchors and rest on answers that can be read."""
    return [one for one in competencies if one.key not in found.withheld and _has_anchors(one)]


def _has_anchors(competency: CompetencyText) -> bool:
    return all(competency.anchors[level - 1].strip() for level in (1, 3, 5))


def _in_order(
    competencies: Sequence[CompetencyText], rated: Sequence[Rating], withheld: dict[str, str]
) -> tuple[Rating, ...]:
    """One rating of each competency: where none was made, no evidence or the reason for which a person has to rate."""
    made = {rating.competency_key: rating for rating in rated}
    return tuple(made.get(one.key) or _unrated(one, withheld.get(one.key, "")) for one in competencies)


def _unrated(competency: CompetencyText, withheld: str) -> Rating:
    why = "" if withheld else _("The scale has no anchors to rate by.")
    return Rating(competency.key, None, Decimal("0.00"), "", why, (), withheld=withheld)


def questions(
    *,
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    policy: TenantPolicy,
    context: EvaluationContext,
) -> list[Unasked]:
    """What `evaluate` will ask a model; nothing where there is none."""
    if gateway.mode() != "model":
        return []
    found = readable.sort(competencies, answers, context.language, mapped=_is_mapped(answers, context))
    return model.questions(_ratable(competencies, found), found, policy, context, model.version(policy, context))


def input_hash(
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    thresholds: Thresholds,
    versions: dict[str, str],
    parameters: dict[str, Any],
) -> str:
    """SHA-256 over everything a result follows from, so that it can be shown to be of these words and versions."""
    everything = {
        "competencies": [asdict(competency) for competency in competencies],
        "answers": [asdict(answer) for answer in answers],
        "thresholds": asdict(thresholds),
        "versions": {name: value for name, value in versions.items() if name != "input"},
        "parameters": parameters,
    }
    canonical = json.dumps(everything, default=str, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
