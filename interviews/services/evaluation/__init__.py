"""The evaluator: each competency apart, every level with quotes that stand in an answer, numbers computed in code."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import structlog

from interviews.services.evaluation import aggregate, basic, code, model
from interviews.services.evaluation.types import (
    Answer,
    CompetencyText,
    EvaluationContext,
    Output,
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
    if mode == "model":
        prompt = model.version(policy, context)
        versions = {"evaluator": model.VERSION, "prompt": prompt, "model": "", "code": code.version()}
        try:
            call = model.caller(policy, context, prompt)
            outputs, versions["model"] = model.ask(competencies, answers, call=call, prompt=prompt)
        except gateway.Unavailable as reason:
            log.warning("evaluated_in_basic_mode", reason=reason.kind)
            mode, trouble = "basic", "" if reason.kind in NEVER_BETTER else reason.kind
    if mode == "basic":
        versions = {"evaluator": basic.version(), "prompt": "", "model": "", "code": code.version()}
    versions["input"] = input_hash(competencies, answers, thresholds, versions)
    return replace(derive(competencies, answers, thresholds, mode, outputs, versions), trouble=trouble)


def derive(
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    thresholds: Thresholds,
    mode: str,
    outputs: Sequence[Output],
    versions: dict[str, str],
) -> Result:
    """The result that follows from these: the same each time, with nobody asked."""
    if mode == "model":
        ratings = model.ratings(competencies, answers, outputs)
    else:
        ratings = basic.rate(competencies, answers)
    strengths, weaknesses = aggregate.points(competencies, ratings)
    return Result(
        ratings=ratings,
        scores=aggregate.score(competencies, ratings, thresholds),
        strengths=strengths,
        weaknesses=weaknesses,
        mode=mode,
        versions=versions,
        outputs=tuple(outputs),
    )


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
