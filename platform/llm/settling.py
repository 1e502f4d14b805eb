"""The end of an attempt: its reservation and its row are closed, it is counted, and one log line says how it went."""

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from llm import admission, failures, ledger, metrics, own_alerts, writer
from llm.admission import NANO, Outcome
from llm.answers import Answer, BadAnswer, Usage
from llm.failures import WireError
from llm.headers import NOTHING

if TYPE_CHECKING:
    from llm.attempts import Attempt

CHARACTERS_A_TOKEN = 4  # for an estimate where a provider gives no count
FAR, SLACK = 10, 10_000  # a count beyond so many times what it should be at most, and so many tokens, is none

log = structlog.get_logger()


def settle(attempt: "Attempt", *, answer: Answer | None = None, error: WireError | BadAnswer | None = None) -> int:
    """Close, count, log.

    :returns: the time on the wire in milliseconds.
    """
    seconds = time.perf_counter() - attempt.started
    kind = error.kind if error else ""
    told = answer or (error if isinstance(error, BadAnswer) else None)
    usage = counted(attempt, told.usage) if told else None
    estimated = usage is None and (not kind or failures.kind_of(kind).billed)
    if usage is None:
        usage = estimate(attempt.body, answer) if estimated else Usage()
    _release(attempt, kind, usage, error)
    ledger.settle(
        attempt.row,
        usage=usage,
        estimated=estimated,
        price=attempt.target.price,
        latency_ms=round(seconds * 1000),
        first_ms=attempt.first_ms,
        finish_reason=told.finish_reason if told else "",
        error_kind=kind,
    )
    own_alerts.settled(attempt.row)
    _report(attempt, kind or "ok", seconds, usage)
    return round(seconds * 1000)


def _release(attempt: "Attempt", kind: str, usage: Usage, error: WireError | BadAnswer | None) -> None:
    follows = failures.kind_of(kind) if kind else None
    cost = ledger.cost_usd(usage, attempt.target.price)
    seen = error.observed if isinstance(error, WireError) and error.observed != NOTHING else attempt.observed
    outcome = Outcome(
        result=follows.result if follows else "ok",
        tokens=usage.tokens_in + usage.tokens_out,
        cost_nano=int((cost or 0) * NANO),
        sent=follows.sent if follows else True,
        observed=seen,
    )
    if follows or any(window.limits.in_flight for window in attempt.target.windows):
        admission.settle(attempt.row.id, outcome, attempt.target)  # the next attempt must find it so
    else:
        writer.later(partial(admission.settle, attempt.row.id, outcome, attempt.target))


def _report(attempt: "Attempt", outcome: str, seconds: float, usage: Usage) -> None:
    call, target = attempt.row, attempt.target
    metrics.calls.labels(call.feature, target.provider, outcome).inc()
    metrics.call_seconds.labels(target.provider).observe(seconds)
    log.info(
        "llm_call",
        feature=call.feature,
        account=target.account,
        model=target.model,
        attempt=call.attempt,
        outcome=outcome,
        ms=round(seconds * 1000),
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
    )


def usage_of(attempt: "Attempt", answer: Answer) -> Usage:
    """What the answer used, by the server's count or about."""
    return counted(attempt, answer.usage) or estimate(attempt.body, answer)


def counted(attempt: "Attempt", usage: Usage | None) -> Usage | None:
    """The server's own count of the attempt, where it gave one that can be."""
    sent, asked = sum(len(message["content"]) for message in attempt.body["messages"]), attempt.target.max_tokens_field
    return believed(usage, sent=sent, asked=attempt.body.get(asked, 0))


def believed(usage: Usage | None, *, sent: int, asked: int) -> Usage | None:
    """The count, unless it is far beyond what was sent and asked for: a wrong one would use up everybody's budgets."""
    if usage is None or usage.tokens_in > sent * FAR + SLACK or usage.tokens_out > asked * FAR + SLACK:
        return None
    return usage


def estimate(body: dict[str, Any], answer: Answer | None) -> Usage:
    """About what was used, so that an uncounted call is not a free one."""
    sent = sum(len(message["content"]) for message in body["messages"])
    said = len(answer.text) if answer else 0
    return Usage(tokens_in=sent // CHARACTERS_A_TOKEN, tokens_out=said // CHARACTERS_A_TOKEN)
