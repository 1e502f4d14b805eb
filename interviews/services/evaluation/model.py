"""The model's rating: some calls for each competency, strict output, and no level without located quotes."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from interviews.services import prompts
from interviews.services.evaluation import heard, inquiry, locate
from interviews.services.evaluation.inquiry import Inquiry, Pass
from interviews.services.evaluation.readable import Readable
from interviews.services.evaluation.types import CompetencyText, EvaluationContext, Output, Rating, Spoken
from llm import experiments, gateway, nonce
from llm.gateway import Completion
from llm.policy import TenantPolicy
from llm.preparing import Unasked

VERSION = "model.2"
PROMPT = "evaluation.v3"
SECONDS = 60.0
MAX_TOKENS, MAX_TOKENS_BRIEF = 900, 400
QUOTES: dict[str, Any] = {
    "type": "array",
    "maxItems": 8,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["answer", "text"],
        "properties": {"answer": {"type": "string"}, "text": {"type": "string", "maxLength": 2000}},
    },
}
RATED: dict[str, Any] = {
    "level": {"enum": [1, 2, 3, 4, 5, None]},
    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


# Evidence first: what is written before the level is what the level can rest on. What is told in words is asked for
# once; the other passes say what they would have said in numbers.
SCHEMA = _object(
    quotes=QUOTES,
    counter_evidence=QUOTES,
    not_covered={"type": "string", "maxLength": 600},
    rationale={"type": "string", "maxLength": 1000},
    **RATED,
)
BRIEF = _object(quotes=QUOTES, **RATED)

Call = Callable[[list[dict[str, str]], dict[str, Any]], Completion]  # messages, schema


class AskedDifferently(Exception):
    """What a model said answers other questions than this release asks."""


def parameters() -> dict[str, Any]:
    """What a result depends on besides the words and the versions."""
    return {
        "passes": len(inquiry.PASSES),
        "most_spread": heard.MOST_SPREAD,
        "most_characters": inquiry.MOST_CHARACTERS,
        "max_tokens": [MAX_TOKENS, MAX_TOKENS_BRIEF],
    }


def known(prompt: str) -> bool:
    """Whether an experiment may try this prompt: one with a wording for each pass."""
    return prompts.has("evaluation", prompt) and len(prompts.wordings(prompt)) == len(inquiry.PASSES)


def version(policy: TenantPolicy, context: EvaluationContext) -> str:
    """The prompt of this interview: PROMPT, or the one that an experiment tries on it."""
    unit, schema = context.interview_id, policy.schema
    return experiments.prompt_version("evaluation", schema=schema, unit_id=unit, default=PROMPT)


def caller(policy: TenantPolicy, context: EvaluationContext, prompt: str = PROMPT) -> Call:
    """How a competency is asked about: through the gateway, with this interview's identifiers kept back."""

    def call(messages: list[dict[str, str]], schema: dict[str, Any]) -> Completion:
        asked = question(policy, context, prompt, messages, schema)
        return gateway.complete(**asked, deadline=time.monotonic() + SECONDS)

    return call


def questions(
    competencies: Sequence[CompetencyText],
    found: Readable,
    policy: TenantPolicy,
    context: EvaluationContext,
    prompt: str,
) -> list[Unasked]:
    """What `ask` will ask with `caller`, word for word."""
    return [
        question(policy, context, prompt, messages(one.competency, each, prompt), _schema(each))
        for one, each in _calls(competencies, found)
    ]


def question(
    policy: TenantPolicy,
    context: EvaluationContext,
    prompt: str,
    messages: list[dict[str, str]],
    schema: dict[str, Any],
) -> Unasked:
    """What is asked about one competency, without its deadline."""
    return {
        "feature": context.feature,
        "policy": policy,
        "messages": messages,
        "complexity": "complex",
        "schema": schema,
        "max_tokens": MAX_TOKENS if schema is SCHEMA else MAX_TOKENS_BRIEF,
        "interview_id": context.interview_id,
        "subject_id": context.subject_id,
        "known": context.known,
        "prompt_version": prompt,
    }


def ask(
    competencies: Sequence[CompetencyText], found: Readable, *, call: Call, prompt: str = PROMPT
) -> tuple[Output, ...]:
    """What a model says about each competency that somebody answered to, apart from the others.

    :raises llm.gateway.Unavailable: if it could not be asked about one of them.
    """
    outputs = []
    for one, each in _calls(competencies, found):
        completion = call(messages(one.competency, each, prompt), _schema(each))
        outputs.append(Output(one.competency.key, completion.parsed or {}, each.name, completion.model))
    return tuple(outputs)


def ratings(competencies: Sequence[CompetencyText], found: Readable, outputs: Sequence[Output]) -> tuple[Rating, ...]:
    """A rating of each competency: what stands of what the model said, and no evidence where it was not asked.

    :raises AskedDifferently: if the outputs are no answers to what would be asked now.
    """
    said: dict[str, dict[str, Output]] = {}
    for output in outputs:
        said.setdefault(output.competency_key, {})[output.name] = output
    planned = inquiry.plan(competencies, found)
    for one in planned:
        if {each.name for each in one.passes} != set(said.get(one.competency.key, ())):
            raise AskedDifferently(one.competency.key)
    return tuple(heard.rate(one, said.get(one.competency.key, {})) for one in planned)


def spoken(competencies: Sequence[CompetencyText], found: Readable, outputs: Sequence[Output]) -> Iterator[Spoken]:
    """How much of each output stands."""
    planned = {one.competency.key: one for one in inquiry.plan(competencies, found)}
    for output in outputs:
        one = planned[output.competency_key]
        sent = next(each.sent for each in one.passes if each.name == output.name)
        answers = [answer for _id, answer in sent]
        quotes = output.said["quotes"]
        located = sum(locate.find(quote["text"], answers) is not None for quote in quotes)
        given = output.said["level"] is not None
        kept = given and heard.verify(output.said, sent, one).level is not None
        yield Spoken(output.model, len(quotes), located, given, kept)


def _schema(asked: Pass) -> dict[str, Any]:
    return SCHEMA if asked.wording == 0 else BRIEF


def _calls(competencies: Sequence[CompetencyText], found: Readable) -> Iterator[tuple[Inquiry, Pass]]:
    """Pass by pass, so that calls with the same rules follow each other."""
    planned = inquiry.plan(competencies, found)
    for name in (*inquiry.PASSES, inquiry.CLEARED):
        for one in planned:
            yield from ((one, each) for each in one.passes if each.name == name)


def messages(competency: CompetencyText, asked: Pass, prompt: str = PROMPT) -> list[dict[str, str]]:
    """Rules in the wording of this pass, then the answers as data behind a mark, then the scale.

    The scale comes last: competencies that are rated on the same answers begin with the same text, and providers that
    cache prompts read it once.
    """
    mark, rules = nonce.PLACEHOLDER, prompts.wordings(prompt)[asked.wording]
    lines = (
        json.dumps({"id": name, "question": answer.question, "answer": answer.text}, ensure_ascii=False)
        for name, answer in asked.sent
    )
    data = "\n".join([f"ANSWERS {mark}", *lines, f"END {mark}", nonce.without(_scale(competency))])
    return [{"role": "system", "content": rules}, {"role": "user", "content": data}]


def _scale(competency: CompetencyText) -> str:
    anchors = [f"{level}: {anchor}" for level, anchor in enumerate(competency.anchors, start=1) if anchor]
    return "\n".join([f"Scale: {competency.name}. {competency.definition}", *anchors])
