"""The model's rating: one call for each competency, strict output, and no level without located quotes."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from interviews.services import prompts
from interviews.services.evaluation import features, locate, relevance
from interviews.services.evaluation.types import Answer, CompetencyText, EvaluationContext, Output, Rating, Span
from llm import experiments, gateway, nonce
from llm.gateway import Completion
from llm.policy import TenantPolicy
from llm.preparing import Unasked

VERSION = "model.1"
PROMPT = "evaluation.v2"
SECONDS = 60.0
MAX_TOKENS = 700
MOST_CHARACTERS = 9000  # of answers in one call; beyond it the most relevant ones are sent
MOST_QUOTES = 4
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["level", "confidence", "quotes", "rationale", "not_covered"],
    "properties": {
        "level": {"enum": [1, 2, 3, 4, 5, None]},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "quotes": {
            "type": "array",
            "maxItems": 8,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["answer", "text"],
                "properties": {"answer": {"type": "string"}, "text": {"type": "string", "maxLength": 2000}},
            },
        },
        "rationale": {"type": "string", "maxLength": 1000},
        "not_covered": {"type": "string", "maxLength": 600},
    },
}

Call = Callable[[list[dict[str, str]]], Completion]


def version(policy: TenantPolicy, context: EvaluationContext) -> str:
    """The prompt of this interview: PROMPT, or the one that an experiment tries on it."""
    unit, schema = context.interview_id, policy.schema
    return experiments.prompt_version("evaluation", schema=schema, unit_id=unit, default=PROMPT)


def caller(policy: TenantPolicy, context: EvaluationContext, prompt: str = PROMPT) -> Call:
    """How a competency is asked about: through the gateway, with this interview's identifiers kept back."""

    def call(messages: list[dict[str, str]]) -> Completion:
        asked = question(policy, context, prompt, messages)
        return gateway.complete(**asked, deadline=time.monotonic() + SECONDS)

    return call


def questions(
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    policy: TenantPolicy,
    context: EvaluationContext,
    prompt: str,
) -> list[Unasked]:
    """What `ask` will ask with `caller`, word for word."""
    return [
        question(policy, context, prompt, messages(competency, chosen, prompt))
        for competency, chosen in _asked(competencies, answers)
        if chosen
    ]


def question(policy: TenantPolicy, context: EvaluationContext, prompt: str, messages: list[dict[str, str]]) -> Unasked:
    """What is asked about one competency, without its deadline."""
    return {
        "feature": context.feature,
        "policy": policy,
        "messages": messages,
        "complexity": "complex",
        "schema": SCHEMA,
        "max_tokens": MAX_TOKENS,
        "interview_id": context.interview_id,
        "subject_id": context.subject_id,
        "known": context.known,
        "prompt_version": prompt,
    }


def ask(
    competencies: Sequence[CompetencyText], answers: Sequence[Answer], *, call: Call, prompt: str = PROMPT
) -> tuple[tuple[Output, ...], str]:
    """What a model says about each competency that somebody answered to, apart from the others, and its name.

    :raises llm.gateway.Unavailable: if it could not be asked about one of them.
    """
    outputs, model = [], ""
    for competency, chosen in _asked(competencies, answers):
        if chosen:
            completion = call(messages(competency, chosen, prompt))
            outputs.append(Output(competency.key, completion.parsed or {}))
            model = completion.model
    return tuple(outputs), model


def ratings(
    competencies: Sequence[CompetencyText], answers: Sequence[Answer], outputs: Sequence[Output]
) -> tuple[Rating, ...]:
    """A rating of each competency: what stands of what the model said, and no evidence where it was not asked."""
    said = {output.competency_key: output.said for output in outputs}
    return tuple(
        _rating(competency.key, said[competency.key], chosen)
        if competency.key in said
        else _no_evidence(competency.key, "")
        for competency, chosen in _asked(competencies, answers)
    )


def _asked(
    competencies: Sequence[CompetencyText], answers: Sequence[Answer]
) -> Iterator[tuple[CompetencyText, list[Answer]]]:
    """Each competency with the answers that are sent for it."""
    evidence, scales = features.read(answers), relevance.scales(competencies)
    for competency in competencies:
        ranked = relevance.ranked(evidence, competency.key, scales[competency.key])
        yield competency, _within_limit(answers, [item.answer for item in ranked])


def messages(competency: CompetencyText, answers: Sequence[Answer], prompt: str = PROMPT) -> list[dict[str, str]]:
    """Rules, then the answers as data behind a mark, then the scale.

    The scale comes last, since nothing else differs between the calls about one interview: all of them begin with the
    same text, and providers that cache prompts read it once.
    """
    mark = nonce.PLACEHOLDER
    lines = (
        json.dumps({"id": _id(place), "question": answer.question, "answer": answer.text}, ensure_ascii=False)
        for place, answer in enumerate(answers)
    )
    data = "\n".join([f"ANSWERS {mark}", *lines, f"END {mark}", nonce.without(_scale(competency))])
    return [{"role": "system", "content": prompts.load(prompt)}, {"role": "user", "content": data}]


def _scale(competency: CompetencyText) -> str:
    anchors = [f"{level}: {anchor}" for level, anchor in enumerate(competency.anchors, start=1) if anchor]
    return "\n".join([f"Scale: {competency.name}. {competency.definition}", *anchors])


def _id(place: int) -> str:
    return f"A{place + 1}"


def _within_limit(answers: Sequence[Answer], ranked: Sequence[Answer]) -> list[Answer]:
    """The most relevant answers that fit, in the order in which they were given."""
    chosen: set[UUID] = set()
    left = MOST_CHARACTERS
    for answer in ranked:
        size = len(answer.text) + len(answer.question)
        if answer.text.strip() and (size <= left or not chosen):
            chosen.add(answer.turn_id)
            left -= size
    return [answer for answer in answers if answer.turn_id in chosen]


def _rating(key: str, said: dict[str, Any], answers: Sequence[Answer]) -> Rating:
    """What of the output stands: a level needs a quote that is really in an answer."""
    quotes = _located(said["quotes"], answers)
    if said["level"] is None or not quotes:
        return _no_evidence(key, said["not_covered"])
    return Rating(
        competency_key=key,
        level=int(said["level"]),
        confidence=Decimal(str(said["confidence"])).quantize(Decimal("0.01")),
        rationale=said["rationale"].strip(),
        not_covered=said["not_covered"].strip(),
        quotes=quotes,
    )


def _no_evidence(key: str, not_covered: str) -> Rating:
    return Rating(key, None, Decimal("0.00"), "", not_covered.strip(), ())


def _located(quotes: Sequence[dict[str, str]], answers: Sequence[Answer]) -> tuple[Span, ...]:
    """The quotes that stand word for word in an answer, the named one first; each place once."""
    named = {_id(place): answer for place, answer in enumerate(answers)}
    spans: list[Span] = []
    for quote in quotes:
        first = [named[quote["answer"]]] if quote["answer"] in named else []
        span = locate.find(quote["text"], [*first, *answers])
        if span is not None and span not in spans:
            spans.append(span)
    return tuple(spans[:MOST_QUOTES])
