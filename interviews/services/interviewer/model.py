"""The interviewer with a model: it words the transition and may ask one follow-up, and nothing else."""

import secrets
from typing import Any

from interviews import prompts
from interviews.services.interviewer.checks import LONGEST_PROBE, LONGEST_TEXT
from interviews.services.interviewer.types import Reply, TurnContext
from llm import gateway
from llm.policy import TenantPolicy

VERSION = "turn.v1"
CONTEXT_VERSION = "turn_context.v1"
MAX_TOKENS = 250
EARLIER_CHARACTERS = 280  # of each earlier answer: enough to refer to, little enough to pay for
REQUIREMENT_CHARACTERS = 110

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text", "probe"],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
        "probe": {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 1, "maxLength": LONGEST_PROBE}]},
    },
}


def ask(context: TurnContext, *, policy: TenantPolicy, deadline: float) -> Reply:
    """One call; the reply is not checked yet.

    :raises llm.gateway.Unavailable: if no model answered in a usable way.
    """
    completion = gateway.complete(
        feature="interview_turn",
        policy=policy,
        messages=messages(context),
        complexity="simple",
        schema=SCHEMA,
        max_tokens=MAX_TOKENS,
        deadline=deadline,
        interview_id=context.interview_id,
        known=context.candidate_names,
        prompt_version=VERSION,
        temperature=0.3,
    )
    said = completion.parsed or {}
    probe = said["probe"] if context.may_probe else None
    return Reply(
        text=said["text"].strip(),
        probe=probe.strip() if probe else None,
        mode="model",
        model=completion.model,
        prompt_version=VERSION,
        tokens_in=completion.tokens_in,
        tokens_out=completion.tokens_out,
        model_ms=completion.model_ms,
    )


def messages(context: TurnContext) -> list[dict[str, str]]:
    """What is the same for every turn of a job first, so that a provider can cache it; the answer last, as data."""
    requirements = "\n".join(f"- {_cut(line, REQUIREMENT_CHARACTERS)}" for line in context.requirements)
    system = prompts.text(VERSION).format(
        language=context.language, job_title=context.job_title, requirements=requirements
    )
    *before, last = context.recent
    earlier = "\n".join(f"Q: {e.question}\nA: {_cut(e.answer, EARLIER_CHARACTERS)}" for e in before) or "(nothing)"
    user = prompts.text(CONTEXT_VERSION).format(
        earlier=earlier,
        question=last.question,
        nonce=secrets.token_hex(6),
        answer=last.answer,
        allowed="allowed" if context.may_probe else "not allowed",
        following=f"Next question: {context.next_question}" if context.next_question else "This was the last question.",
    )
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
