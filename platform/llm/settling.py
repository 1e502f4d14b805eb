"""The end of a call: its row is closed, it is counted, and one log line says how it went."""

import time
from typing import Any

import structlog

from llm import ledger, metrics, providers
from llm.answers import Answer, BadAnswer, Usage
from llm.models import LlmCall
from llm.providers import Target

CHARACTERS_A_TOKEN = 4  # for an estimate where a provider gives no count
NOT_BILLED = frozenset({"refused", "unauthorised", "not_found", "rate_limited", "rejected", "server_error", "unusable"})

log = structlog.get_logger()


def settle(
    call: LlmCall,
    target: Target,
    body: dict[str, Any],
    started: float,
    *,
    answer: Answer | None = None,
    error: providers.WireError | BadAnswer | None = None,
) -> int:
    """Close the row, count, log.

    :returns: the time on the wire in milliseconds.
    """
    seconds = time.perf_counter() - started
    kind = error.kind if error else ""
    told = answer or (error if isinstance(error, BadAnswer) else None)
    usage = told.usage if told else None
    estimated = usage is None and kind not in NOT_BILLED
    if usage is None:
        usage = estimate(body, answer) if estimated else Usage()
    ledger.settle(
        call,
        usage=usage,
        estimated=estimated,
        price=target.price,
        latency_ms=round(seconds * 1000),
        finish_reason=told.finish_reason if told else "",
        error_kind=kind,
    )
    _report(call, target, kind or "ok", seconds, usage)
    return round(seconds * 1000)


def _report(call: LlmCall, target: Target, outcome: str, seconds: float, usage: Usage) -> None:
    metrics.calls.labels(call.feature, target.provider, outcome).inc()
    metrics.call_seconds.labels(target.provider).observe(seconds)
    log.info(
        "llm_call",
        feature=call.feature,
        account=target.account,
        model=target.model,
        outcome=outcome,
        ms=round(seconds * 1000),
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
    )


def estimate(body: dict[str, Any], answer: Answer | None) -> Usage:
    """About what was used, so that an uncounted call is not a free one."""
    sent = sum(len(message["content"]) for message in body["messages"])
    said = len(answer.text) if answer else 0
    return Usage(tokens_in=sent // CHARACTERS_A_TOKEN, tokens_out=said // CHARACTERS_A_TOKEN)
