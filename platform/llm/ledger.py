"""What every call cost: a row before it, settled after it. Rows = calls, whatever dies in between."""

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from core import clock, rows
from llm import health, writer
from llm.answers import Usage
from llm.models import LlmCall
from llm.preparing import Prepared
from llm.targets import Price, Target


class SettledTwice(writer.Written):
    """The row of this call was settled already."""


def open_call(
    prepared: Prepared, target: Target, *, call_id: UUID, attempt: int, reason: str, waited: float = 0.0
) -> LlmCall:
    """Insert the row of an attempt that is about to be made; `waited` is in seconds.

    :raises llm.writer.NotWritten: if the database did not take it.
    """
    call = LlmCall(
        id=call_id,
        request_id=prepared.request_id,
        tenant=prepared.policy.schema,
        feature=prepared.feature.name,
        interview_id=prepared.interview_id,
        group_id=prepared.policy.group_id,
        provider=target.provider,
        account=target.account,
        model=target.model,
        complexity=prepared.need.complexity,
        prompt_version=prepared.prompt_version,
        price_version=target.price_version,
        own_key=bool(target.own_key_of),
        attempt=attempt,
        mode=health.mode(prepared.policy),
        reason=reason[:200],
        wait_ms=round(waited * 1000),
    )
    writer.now(partial(rows.insert, call))
    return call


def settle(
    call: LlmCall,
    *,
    usage: Usage,
    estimated: bool,
    price: Price | None,
    latency_ms: int,
    first_ms: int = 0,
    finish_reason: str = "",
    error_kind: str = "",
) -> None:
    """Have it recorded how the call ended, in one guarded UPDATE; whoever settles twice changes nothing."""
    values = {
        "tokens_in": usage.tokens_in,
        "tokens_cached": usage.cached,
        "tokens_out": usage.tokens_out,
        "tokens_estimated": estimated,
        "cost_usd": cost_usd(usage, price),
        "first_ms": first_ms or None,
        "latency_ms": latency_ms,
        "finish_reason": finish_reason,
        "error_kind": error_kind,
        "settled_at": clock.now(),
    }
    writer.later(partial(_settle, call.created_at, call.id, values))


def _settle(created_at: datetime, call_id: UUID, values: dict[str, Any]) -> None:
    """:raises SettledTwice: if it was recorded before; nothing was changed."""
    open_row = {"created_at": created_at, "id": call_id, "settled_at": None}
    if rows.update(LlmCall, values, where=open_row) != 1:
        raise SettledTwice(str(call_id))


def record_free(prepared: Prepared, source: LlmCall.Source, *, saved_usd: Decimal, model: str = "") -> LlmCall:
    """A row of an answer that cost nothing: from the cache, an identical call under way, or a template."""
    now = clock.now()
    call = LlmCall(
        request_id=prepared.request_id,
        tenant=prepared.policy.schema,
        feature=prepared.feature.name,
        interview_id=prepared.interview_id,
        group_id=prepared.policy.group_id,
        model=model,
        complexity=prepared.need.complexity,
        prompt_version=prepared.prompt_version,
        source=source,
        mode=health.mode(prepared.policy),
        cost_usd=Decimal(0),
        saved_usd=saved_usd,
        latency_ms=0,
        settled_at=now,
    )
    writer.later(partial(rows.insert, call))
    return call


def cost_usd(usage: Usage, price: Price | None) -> Decimal | None:
    """What so many tokens cost; None where the price is unknown."""
    if usage == Usage():
        return Decimal(0)
    if price is None:
        return None
    return price.cost_usd(tokens_in=usage.tokens_in, tokens_cached=usage.cached, tokens_out=usage.tokens_out)
