"""The interviewer: replies to an answer with a transition and, with a model, one optional follow-up."""

from dataclasses import replace

import structlog

from interviews.services.interviewer import checks, model, script
from interviews.services.interviewer.types import Exchange, Reply, TurnContext
from llm import gateway
from llm.policy import TenantPolicy

__all__ = ["Exchange", "Reply", "TurnContext", "reply"]

log = structlog.get_logger()


def reply(context: TurnContext, *, policy: TenantPolicy, deadline: float) -> Reply:
    """What to say after the last answer of `context.recent`; the script speaks when a model can't or may not.

    :param deadline: time.monotonic() seconds by which a model must have answered.
    """
    if gateway.mode() == "basic":
        return script.reply(context)
    try:
        said = model.ask(context, policy=policy, deadline=deadline)
    except gateway.Unavailable as error:
        log.warning("interviewer_unavailable", kind=error.kind)
        return script.reply(context)
    reason = checks.refusal(said.text, said.probe, context)
    if not reason:
        return said
    log.warning("interviewer_refused", reason=reason)
    spoken = script.reply(context)
    return replace(
        spoken, model=said.model, tokens_in=said.tokens_in, tokens_out=said.tokens_out, model_ms=said.model_ms
    )
