"""The model as interviewer: it words the transition and may ask one follow-up; the core question is ours."""

import json
from typing import Any

from interviews.services import prompts
from interviews.services.interviewer import checks, excerpts
from interviews.services.interviewer.speaking import Speaker
from interviews.services.interviewer.types import Exchange, Probe, TurnContext, Wanted
from llm import experiments, gateway, nonce
from llm.gateway import Completion
from llm.policy import TenantPolicy

FEATURE = "interview_turn"
PROMPT = "turn.v3"
MAX_TOKENS = 220
TEMPERATURE = 0.3
LONGEST_TITLE = 60  # characters, like all lengths here
LONGEST_REQUIREMENTS = 80
LONGEST_QUESTION = 70
LONGEST_EARLIER_QUESTION = 50
LONGEST_EARLIER_ANSWER = 50
LONGEST_ABOUT = 50
LONGEST_ANSWER = 210


def version(context: TurnContext, policy: TenantPolicy) -> str:
    """The prompt of this interview: PROMPT, or the one that an experiment tries on it."""
    unit, schema = context.interview_id, policy.schema
    return experiments.prompt_version("interview_turn", schema=schema, unit_id=unit, default=PROMPT)


def ask(
    context: TurnContext,
    *,
    policy: TenantPolicy,
    deadline: float,
    speaker: Speaker,
    prompt: str = PROMPT,
) -> Completion:
    """What the model would say, and the speaker hears it coming; check it before anybody reads it.

    :raises llm.gateway.Unavailable: if it can't be asked or its output is broken.
    """
    return gateway.stream(
        speaker.hear,
        again=speaker.begin_again if speaker.again else None,
        feature=FEATURE,
        policy=policy,
        messages=messages(context, prompt),
        complexity="simple",
        schema=schema(context.wanted),
        max_tokens=MAX_TOKENS,
        deadline=deadline,
        interview_id=context.interview_id,
        known=context.candidate_names,
        prompt_version=prompt,
        temperature=TEMPERATURE,
    )


def schema(wanted: Wanted) -> dict[str, Any]:
    """The text first, so that it can be read before the rest; a probe only of a wanted kind."""
    probe: dict[str, Any] = {"type": "null"}
    if wanted.kinds:
        probe = {"anyOf": [probe, _probe_schema(wanted)]}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["text", "probe"],
        "properties": {"text": {"type": "string", "maxLength": checks.LONGEST_TEXT}, "probe": probe},
    }


def probe(parsed: dict[str, Any]) -> Probe | None:
    """The follow-up of an output that is valid by the schema."""
    asked = parsed["probe"]
    return Probe(asked["kind"], asked["text"].strip()) if asked else None


def _probe_schema(wanted: Wanted) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind", "text"],
        "properties": {
            "kind": {"type": "string", "enum": list(wanted.kinds)},
            "text": {"type": "string", "maxLength": checks.LONGEST_PROBE},
        },
    }


def messages(context: TurnContext, prompt: str = PROMPT) -> list[dict[str, str]]:
    """Rules and the job's requirements (equal for all its candidates), then the last exchanges behind a mark.

    Of long answers only what matters for the follow-up that is wanted is sent; `so_far` stands for the rest.
    """
    *earlier, last = context.recent
    lines = [_earlier(exchange) for exchange in earlier] + [_last(last, context)]
    data = "\n".join([f"DATA {nonce.PLACEHOLDER}", *lines, f"END {nonce.PLACEHOLDER}", _state(context)])
    return [{"role": "system", "content": _system(context, prompt)}, {"role": "user", "content": data}]


def _system(context: TurnContext, prompt: str) -> str:
    """The same for every candidate of a job, so that providers can cache it."""
    names = [requirement.partition(":")[0] for requirement in context.requirements]
    job = excerpts.shortened(f"{context.job_title} at {context.company}", LONGEST_TITLE)
    described = f"Job: {job}. Key requirements: {excerpts.listed(names, LONGEST_REQUIREMENTS)}."
    return f"{prompts.load(prompt)}\n{nonce.without(described)} Language: {context.language}."


def _state(context: TurnContext) -> str:
    """What the rules speak of; what is not so is left out."""
    wanted = context.wanted
    state: dict[str, Any] = {"last_question": True} if context.next_question is None else {}
    if wanted.kinds:
        state["probe_kinds"] = list(wanted.kinds)
        state["about"] = excerpts.shortened(wanted.about, LONGEST_ABOUT)
    if context.so_far:
        state["so_far"] = context.so_far
    return _json(state)


def _earlier(exchange: Exchange) -> str:
    return _line(
        excerpts.asked(exchange.question, LONGEST_EARLIER_QUESTION),
        excerpts.shortened(exchange.answer, LONGEST_EARLIER_ANSWER),
    )


def _last(exchange: Exchange, context: TurnContext) -> str:
    """The last exchange; an answer that nothing is asked about need only be recognised."""
    question, answer = exchange.question, excerpts.shortened(exchange.answer, LONGEST_ANSWER)
    if context.wanted.kinds:
        name = f"{context.wanted.about}:"
        about = next((text for text in context.requirements if text.startswith(name)), name)
        answer = excerpts.excerpt(exchange.answer, question=question, about=about, longest=LONGEST_ANSWER)
    return _line(excerpts.asked(question, LONGEST_QUESTION), answer)


def _line(question: str, answer: str) -> str:
    return _json({"q": question, "a": answer})


def _json(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
