"""The model as interviewer: it words the transition and may ask one follow-up; the core question is ours."""

import json
from collections.abc import Callable
from typing import Any

from interviews.services import prompts
from interviews.services.interviewer import checks
from interviews.services.interviewer.types import Exchange, Probe, TurnContext, Wanted
from llm import experiments, gateway
from llm.gateway import Completion
from llm.policy import TenantPolicy

PROMPT = "turn.v2"
MAX_TOKENS = 220
TEMPERATURE = 0.3
LONGEST_REQUIREMENTS = 300  # characters, like all lengths here
LONGEST_EARLIER = 300
LONGEST_ABOUT = 80
LONGEST_ANSWER = 3000


def version(context: TurnContext, policy: TenantPolicy) -> str:
    """The prompt of this interview: PROMPT, or the one that an experiment tries on it."""
    unit, schema = context.interview_id, policy.schema
    return experiments.prompt_version("interview_turn", schema=schema, unit_id=unit, default=PROMPT)


def ask(
    context: TurnContext,
    *,
    policy: TenantPolicy,
    deadline: float,
    hear: Callable[[dict[str, Any]], None],
    prompt: str = PROMPT,
) -> Completion:
    """What the model would say, and `hear` hears it coming; check it before anybody reads it.

    :raises llm.gateway.Unavailable: if it can't be asked or its output is broken.
    """
    return gateway.stream(
        hear,
        feature="interview_turn",
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
    """Rules and the job's requirements (equal for all its candidates), then the last exchanges behind a nonce."""
    mark, recent = prompts.nonce(), context.recent
    lines = [_line(exchange, LONGEST_EARLIER) for exchange in recent[:-1]]
    lines += [_line(exchange, LONGEST_ANSWER) for exchange in recent[-1:]]
    data = "\n".join([f"DATA {mark}", *lines, f"END {mark}", _state(context)])
    return [{"role": "system", "content": _system(context, prompt)}, {"role": "user", "content": data}]


def _system(context: TurnContext, prompt: str) -> str:
    """The same for every candidate of a job, so that providers can cache it."""
    names = "; ".join(requirement.partition(":")[0] for requirement in context.requirements)
    return (
        f"{prompts.load(prompt)}\nJob: {context.job_title} at {context.company}. Key requirements: "
        f"{names[:LONGEST_REQUIREMENTS]}.\nLanguage: {context.language}."
    )


def _state(context: TurnContext) -> str:
    wanted = context.wanted
    state: dict[str, Any] = {"last_question": context.next_question is None, "probe_kinds": list(wanted.kinds)}
    if wanted.kinds:
        state["about"] = _shortened(wanted.about, LONGEST_ABOUT)
    return json.dumps(state, ensure_ascii=False)


def _line(exchange: Exchange, longest: int) -> str:
    question, answer = _shortened(exchange.question, LONGEST_EARLIER), _shortened(exchange.answer, longest)
    return json.dumps({"question": question, "answer": answer}, ensure_ascii=False)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 4].rstrip()} ..."
