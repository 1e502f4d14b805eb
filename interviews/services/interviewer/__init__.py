"""The interviewer: a neutral acknowledgement, sometimes one follow-up. The core question is always ours, verbatim.

A model is asked where a follow-up is wanted, or where the job wants its words in every reply. Everything else needs
none: an acknowledgement, the last words, and the question once more after a message that answers nothing.
"""

from collections.abc import Callable
from dataclasses import replace

import structlog

from interviews.services.interviewer import checks, model, nonanswers, script
from interviews.services.interviewer.speaking import Say, Speaker
from interviews.services.interviewer.types import Exchange, Probe, Reply, TurnContext, Wanted
from llm import gateway
from llm.gateway import Completion
from llm.policy import TenantPolicy

__all__ = ["Exchange", "Probe", "Reply", "TurnContext", "Wanted", "reply", "script"]

log = structlog.get_logger()


def reply(
    context: TurnContext, *, policy: TenantPolicy, deadline: float, say: Say, again: Callable[[], None] | None = None
) -> Reply:
    """A template's words where no model is needed; else the model's where they pass every check, else the script's.

    Never raises for the model's sake. `say` gets each sentence of the model as soon as it passed. When a later one
    fails, or the call does, the script's words take the place of all of them. When a provider breaks off in the middle
    and another one is asked, `again` is called before it speaks: what was said until then is forgotten. `deadline` is
    in time.monotonic() seconds. Hold no transaction: the call goes over the network.
    """
    scripted = _without_model(context)
    if scripted is not None:
        return _as_template(scripted, context, policy)
    speaker, prompt = Speaker(context, say, again), model.version(context, policy)
    try:
        said = model.ask(context, policy=policy, deadline=deadline, speaker=speaker, prompt=prompt)
    except gateway.Unavailable as reason:
        return replace(script.reply(context), model_ms=reason.model_ms, trouble=_trouble(reason))
    return replace(
        _checked(said, context, speaker, prompt),
        model=said.model,
        tokens_in=said.usage.tokens_in,
        tokens_out=said.usage.tokens_out,
        model_ms=said.model_ms,
        first_ms=said.first_ms,
    )


def _without_model(context: TurnContext) -> Reply | None:
    """The reply where it takes no model; None where one is to be asked."""
    said = nonanswers.kind(context)
    if said:
        return script.reply(context) if context.shown_again else script.once_more(context, said)
    return None if context.wanted.kinds or context.every_reply else script.reply(context)


def _as_template(scripted: Reply, context: TurnContext, policy: TenantPolicy) -> Reply:
    """The reply as one that saved a call, if a model could have been asked; in basic mode nothing was saved."""
    if gateway.mode(policy) == "basic":
        return scripted
    gateway.from_template(
        feature=model.FEATURE,
        policy=policy,
        interview_id=context.interview_id,
        prompt_version=scripted.prompt_version,
        messages=model.messages(context),
        max_tokens=model.MAX_TOKENS,
    )
    return replace(scripted, mode="template")


def _trouble(reason: gateway.Unavailable) -> str:
    """What to count: nothing where there is no model or no money for one, else what was at fault."""
    if isinstance(reason, gateway.BadOutput):
        return "refused"
    return {"not_configured": "", "budget": "", "timeout": "timeout"}.get(reason.kind, "unavailable")


def _checked(said: Completion, context: TurnContext, speaker: Speaker, prompt: str) -> Reply:
    """The model's words, or the script's where they fail a check."""
    scripted = script.reply(context)
    if said.parsed is None:
        log.warning("interviewer_text_refused", reason=speaker.refused, model=said.model)
        return replace(scripted, trouble="refused")
    parsed = said.parsed
    text, probe = parsed["text"].strip(), model.probe(parsed)
    try:
        checks.check(text, probe, context)
    except checks.Refused as refused:
        log.warning("interviewer_text_refused", reason=refused.reason, model=said.model)
        return replace(scripted, trouble="refused")
    return replace(scripted, text=text, probe=probe, mode="model", prompt_version=prompt)
