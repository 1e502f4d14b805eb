"""The one way to a model: filters, ledger, wire, checks of the answer.

Every failure is `Unavailable` with a `kind`; no error or log line holds a prompt, an answer or a key.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from core import pool
from llm import answers, canary, filters, ledger, metrics, providers
from llm.answers import Answer, BadAnswer, Usage
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.providers import Target

SCHEMA_WORDING = Path(__file__).parent / "data" / "schema.v1.txt"
LEAST_SECONDS = 0.05
CHARACTERS_A_TOKEN = 4  # for an estimate where a provider gives no count
NOT_BILLED = frozenset({"refused", "unauthorised", "not_found", "rate_limited", "rejected", "server_error", "unusable"})
BAD_OUTPUT = frozenset({"schema", "canary"})

log = structlog.get_logger()
_basic_only: ContextVar[bool] = ContextVar("llm_basic_only", default=False)
_first_models: dict[str, str] = {}


class Unavailable(Exception):
    """No provider answered in a way that can be used; `kind` says why."""

    def __init__(self, kind: str, model_ms: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.model_ms = model_ms  # spent on the wire in vain


class BadOutput(Unavailable):
    """A provider answered, and its answer breaks the schema or repeats the prompt."""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `parsed` is None where no schema was asked for; `model_ms` is the time on the wire."""

    text: str
    parsed: dict[str, Any] | None
    model: str
    usage: Usage
    model_ms: int
    call_id: UUID


def mode() -> str:
    """`model` where a provider is configured, else `basic`."""
    configured = providers.choose(TenantPolicy(schema=""), "simple") is not None
    return "model" if configured and not _basic_only.get() else "basic"


@contextmanager
def basic_only() -> Iterator[None]:
    """No model inside this block, whatever is configured (demo data)."""
    token = _basic_only.set(True)
    try:
        yield
    finally:
        _basic_only.reset(token)


def warm() -> None:
    """Load the provider's SDK before the first call, where one will be made."""
    if mode() == "model":
        _wire()


@cache
def _wire() -> Any:
    """llm.wire, loaded on first use: the SDK behind it costs a second of CPU, and basic mode never needs it."""
    return import_module("llm.wire")


def complete(
    *,
    feature: str,
    policy: TenantPolicy,
    messages: Sequence[dict[str, str]],
    complexity: str,
    max_tokens: int,
    deadline: float,
    schema: dict[str, Any] | None = None,
    interview_id: UUID | None = None,
    known: tuple[str, ...] = (),
    prompt_version: str = "",
    temperature: float = 0.0,
) -> Completion:
    """Ask one model once. Stable text comes first in `messages`; `deadline` is in time.monotonic() seconds.

    `known` are identifiers of the person, which never leave. No database connection is held meanwhile.

    :raises Unavailable: with the reason in `kind`; BadOutput if the answer broke the schema or the canary leaked.
    :raises core.pool.HeldDuringCall: inside a transaction; nothing was sent.
    """
    pool.give_back()
    target = _target(policy, complexity, deadline)
    outgoing, replaced = filters.redact(messages, known)
    body = _body(target, canary.plant(outgoing), schema, max_tokens, temperature)
    call = ledger.open_call(
        target=target,
        tenant=policy.schema,
        feature=feature,
        complexity=complexity,
        interview_id=interview_id,
        prompt_version=prompt_version,
    )
    pool.give_back()
    answer, parsed, model_ms = _ask(call, target, body, schema, deadline)
    text, parsed = filters.restore(answer.text, replaced), filters.restore(parsed, replaced)
    return Completion(text, parsed, target.model, answer.usage or Usage(), model_ms, call.id)


def _target(policy: TenantPolicy, complexity: str, deadline: float) -> Target:
    """:raises Unavailable: no model is configured, allowed or offered, or no time is left."""
    target = None if _basic_only.get() else providers.choose(policy, complexity)
    if target is None:
        raise Unavailable("not_configured")
    if deadline - time.monotonic() < LEAST_SECONDS:
        raise Unavailable("timeout")
    return target if target.model else replace(target, model=_first_model(target, deadline))


def _first_model(target: Target, deadline: float) -> str:
    """The first model an own server offers, asked once."""
    if target.base_url not in _first_models:
        try:
            names = answers.model_names(_wire().get_models(target, deadline=deadline))
        except (providers.WireError, BadAnswer) as error:
            raise Unavailable(error.kind) from None
        fit = [name for name in names if not any(part in name.lower() for part in providers.not_for_chat())]
        if not fit:
            raise Unavailable("not_found")
        _first_models[target.base_url] = fit[0]
    return _first_models[target.base_url]


def _body(
    target: Target, messages: list[dict[str, str]], schema: dict[str, Any] | None, max_tokens: int, temperature: float
) -> dict[str, Any]:
    """The request as this server wants it."""
    body: dict[str, Any] = {
        "model": target.model,
        "messages": messages,
        target.max_tokens_field: max_tokens + target.reasoning_tokens,
        **target.parameters,
    }
    if target.temperature:
        body["temperature"] = temperature
    if schema is None:
        return body
    offered = answers.for_the_wire(schema)
    if target.structured == "json_schema":
        described = {"name": "answer", "strict": True, "schema": offered}
        return body | {"response_format": {"type": "json_schema", "json_schema": described}}
    if target.structured == "json_object":
        body["response_format"] = {"type": "json_object"}
    sentence = _schema_wording().format(schema=json.dumps(offered, separators=(",", ":")))
    return body | {"messages": [*messages[:-1], messages[-1] | {"content": f"{messages[-1]['content']}\n\n{sentence}"}]}


@cache
def _schema_wording() -> str:
    return SCHEMA_WORDING.read_text().strip()


def _ask(
    call: LlmCall, target: Target, body: dict[str, Any], schema: dict[str, Any] | None, deadline: float
) -> tuple[Answer, dict[str, Any] | None, int]:
    """Send, read, check; settle the row whatever comes of it."""
    wire, started = _wire(), time.perf_counter()
    try:
        answer = answers.read(wire.post(target, body, deadline=deadline))
        parsed = _checked(answer, schema)
    except (providers.WireError, BadAnswer) as error:
        model_ms = _settle(call, target, body, started, error=error)
        if error.kind == "not_found":
            _first_models.pop(target.base_url, None)  # the server offers another model now
        raise (BadOutput if error.kind in BAD_OUTPUT else Unavailable)(error.kind, model_ms) from None
    except Exception:
        _settle(call, target, body, started, error=BadAnswer("internal"))
        raise
    return answer, parsed, _settle(call, target, body, started, answer=answer)


def _checked(answer: Answer, schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """:raises BadAnswer: schema or canary, with the usage that was paid for."""
    if canary.leaked(answer.text):
        raise BadAnswer("canary", answer.usage, answer.finish_reason)
    try:
        return answers.parse(answer.text, schema) if schema is not None else None
    except BadAnswer as error:
        raise BadAnswer(error.kind, answer.usage, answer.finish_reason) from None


def _settle(
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
        usage = _estimate(body, answer) if estimated else Usage()
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


def _estimate(body: dict[str, Any], answer: Answer | None) -> Usage:
    """About what was used, so that an uncounted call is not a free one."""
    sent = sum(len(message["content"]) for message in body["messages"])
    said = len(answer.text) if answer else 0
    return Usage(tokens_in=sent // CHARACTERS_A_TOKEN, tokens_out=said // CHARACTERS_A_TOKEN)
