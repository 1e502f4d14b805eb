"""The interviewer: a neutral acknowledgement, sometimes one follow-up. The core question is always ours, verbatim."""

from dataclasses import replace

import structlog

from interviews.services.interviewer import checks, model, script
from interviews.services.interviewer.types import Exchange, Probe, Reply, TurnContext, Wanted
from llm import gateway
from llm.gateway import Completion
from llm.policy import TenantPolicy

__all__ = ["Exchange", "Probe", "Reply", "TurnContext", "Wanted", "reply", "script"]

log = structlog.get_logger()


def reply(context: TurnContext, *, policy: TenantPolicy, deadline: float) -> Reply:
    """The model's words where they pass every check, else the script's. Never raises for the model's sake.

    `deadline` is in time.monotonic() seconds. Hold no transaction: the call goes over the network.
    """
    try:
        said = model.ask(context, policy=policy, deadline=deadline)
    except gateway.Unavailable as reason:
        return replace(script.reply(context), model_ms=reason.model_ms)
    return replace(
        _checked(said, context),
        model=said.model,
        tokens_in=said.usage.tokens_in,
        tokens_out=said.usage.tokens_out,
        model_ms=said.model_ms,
    )


def _checked(said: Completion, context: TurnContext) -> Reply:
    """The model's words, or the script's where they fail a check."""
    parsed, scripted = said.parsed or {}, script.reply(context)
    text, probe = parsed["text"].strip(), model.probe(parsed)
    try:
        checks.check(text, probe, context)
    except checks.Refused as refused:
        log.warning("interviewer_text_refused", reason=refused.reason, model=said.model)
        return scripted
    return replace(scripted, text=text, probe=probe, mode="model", prompt_version=model.PROMPT)
