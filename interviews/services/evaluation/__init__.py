"""The evaluator: each competency apart, every level with quotes that stand in an answer, numbers computed in code."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import structlog

from interviews.services.evaluation import aggregate, basic, model
from interviews.services.evaluation.types import (
    Answer,
    CompetencyText,
    EvaluationContext,
    Rating,
    Result,
    Thresholds,
)
from llm import gateway
from llm.policy import TenantPolicy
from llm.preparing import Unasked

__all__ = ["evaluate", "input_hash", "questions"]

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
    if mode == "model":
        prompt = model.version(policy, context)
        versions = {"evaluator": model.VERSION, "prompt": prompt, "model": ""}
        try:
            call = model.caller(policy, context, prompt)
            ratings, versions["model"] = model.rate(competencies, answers, call=call, prompt=prompt)
        except gateway.Unavailable as reason:
            log.warning("evaluated_in_basic_mode", reason=reason.kind)
            mode, trouble = "basic", "" if reason.kind in NEVER_BETTER else reason.kind
    if mode == "basic":
        ratings = basic.rate(competencies, answers)
        versions = {"evaluator": basic.version(), "prompt": "", "model": ""}
    versions["input"] = input_hash(competencies, answers, thresholds, versions)
    return replace(_result(competencies, ratings, thresholds, mode, versions), trouble=trouble)


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
    return model.questions(competencies, answers, policy, context, model.version(policy, context))


def input_hash(
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    thresholds: Thresholds,
    versions: dict[str, str],
) -> str:
    """SHA-256 over everything a result follows from, so that it can be shown to be of these words and versions."""
    everything = {
        "competencies": [asdict(competency) for competency in competencies],
        "answers": [asdict(answer) for answer in answers],
        "thresholds": asdict(thresholds),
        "versions": {name: value for name, value in versions.items() if name != "input"},
    }
    canonical = json.dumps(everything, default=str, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _result(
    competencies: Sequence[CompetencyText],
    ratings: tuple[Rating, ...],
    thresholds: Thresholds,
    mode: str,
    versions: dict[str, str],
) -> Result:
    strengths, weaknesses = aggregate.points(competencies, ratings)
    return Result(
        ratings=ratings,
        scores=aggregate.score(competencies, ratings, thresholds),
        strengths=strengths,
        weaknesses=weaknesses,
        mode=mode,
        versions=versions,
    )
