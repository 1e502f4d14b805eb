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
from llm import gateway
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
    common = {"rubric": context.rubric, "code": code.version()}
    if mode == "model":
        prompt = model.version(policy, context)
        versions = {"evaluator": model.VERSION, "prompt": prompt, "model": ""} | common
        try:
            call = model.caller(policy, context, prompt)
            asked = _ratable(competencies, readable.sort(competencies, answers, context.language))
            outputs, versions["model"] = model.ask(*asked, call=call, prompt=prompt)
        except gateway.Unavailable as reason:
            log.warning("evaluated_in_basic_mode", reason=reason.kind)
            mode, trouble = "basic", "" if reason.kind in NEVER_BETTER else reason.kind
    if mode == "basic":
        versions = {"evaluator": basic.version(), "prompt": "", "model": ""} | common
    parameters = {"language": context.language} | (model.parameters() if mode == "model" else basic.parameters())
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
    found = readable.sort(competencies, answers, parameters["language"], only_known=mode == "basic")
    ratable = _ratable(competencies, found)
    rated = model.ratings(*ratable, outputs) if mode == "model" else basic.rate(*ratable)
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
    )


def _ratable(
    competencies: Sequence[CompetencyText], found: Readable
) -> tuple[list[CompetencyText], tuple[Answer, ...]]:
    """The competencies that have anchors and rest on answers that can be read, and those answers."""
    return [one for one in competencies if one.key not in found.withheld and _has_anchors(one)], found.answers


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
    asked = _ratable(competencies, readable.sort(competencies, answers, context.language))
    return model.questions(*asked, policy, context, model.version(policy, context))


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
