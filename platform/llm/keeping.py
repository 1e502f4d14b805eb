"""What makes two questions the same, and what is kept of an answer."""

from decimal import Decimal

from llm import cache, ledger, settling
from llm.admission import NANO
from llm.attempts import Answered
from llm.cache import Stored
from llm.policy import PLATFORM
from llm.preparing import Prepared


def key(prepared: Prepared) -> str:
    """The key of this question in the exact cache: its words after redaction, before the nonce, and its parameters."""
    need, policy = prepared.need, prepared.policy
    pinned = {"models": sorted(policy.models)} if policy.models else {}  # another model's answer is none
    return cache.key(
        schema=policy.schema,
        feature=prepared.feature.name,
        model_class=f"{need.complexity}/{need.quality}",
        prompt_version=prepared.prompt_version,
        parameters={"temperature": prepared.temperature, "max_tokens": need.tokens_out} | pinned,
        messages=prepared.messages,
        output_schema=prepared.schema,
        subject_id=prepared.subject_id,
        shared=policy.schema == PLATFORM,
    )


def stored(answered: Answered) -> Stored:
    """The answer as it is kept, with what it cost."""
    attempt, answer = answered.attempt, answered.answer
    usage = settling.usage_of(attempt, answer)
    cost = ledger.cost_usd(usage, attempt.target.price) or Decimal(0)
    return Stored(
        text=answer.text,
        model=attempt.target.model,
        finish_reason=answer.finish_reason,
        tokens_in=usage.tokens_in,
        tokens_cached=usage.cached,
        tokens_out=usage.tokens_out,
        cost_nano=int(cost * NANO),
    )
