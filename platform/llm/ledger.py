"""What every call cost: a row before it, settled after it. Rows = calls, whatever dies in between."""

from decimal import Decimal
from uuid import UUID

from core import clock, rows
from llm.answers import Usage
from llm.models import LlmCall
from llm.providers import Price, Target


class SettledTwice(RuntimeError):
    """The row of this call was settled already."""


def open_call(
    *, target: Target, tenant: str, feature: str, complexity: str, interview_id: UUID | None, prompt_version: str
) -> LlmCall:
    """Insert the row of a call that is about to be made."""
    call = LlmCall(
        tenant=tenant,
        feature=feature,
        interview_id=interview_id,
        provider=target.provider,
        account=target.account,
        model=target.model,
        complexity=complexity,
        prompt_version=prompt_version,
        price_version=target.price_version,
    )
    rows.insert(call)
    return call


def settle(
    call: LlmCall,
    *,
    usage: Usage,
    estimated: bool,
    price: Price | None,
    latency_ms: int,
    finish_reason: str = "",
    error_kind: str = "",
) -> None:
    """Record how the call ended, in one guarded UPDATE.

    :raises SettledTwice: if it was recorded before; nothing was changed.
    """
    values = {
        "tokens_in": usage.tokens_in,
        "tokens_cached": usage.cached,
        "tokens_out": usage.tokens_out,
        "tokens_estimated": estimated,
        "cost_usd": _cost_usd(usage, price),
        "latency_ms": latency_ms,
        "finish_reason": finish_reason,
        "error_kind": error_kind,
        "settled_at": clock.now(),
    }
    open_row = {"created_at": call.created_at, "id": call.id, "settled_at": None}
    if rows.update(LlmCall, values, where=open_row) != 1:
        raise SettledTwice(str(call.id))


def _cost_usd(usage: Usage, price: Price | None) -> Decimal | None:
    if usage == Usage():
        return Decimal(0)
    if price is None:
        return None
    return price.cost_usd(tokens_in=usage.tokens_in, tokens_cached=usage.cached, tokens_out=usage.tokens_out)
