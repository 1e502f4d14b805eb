"""The one way to a model: filters, ledger, wire, checks of the answer.

Every failure is `Unavailable` with a `kind`; no error or log line holds a prompt, an answer or a key.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID

from core import clock, pool, rows
from llm import answers, canary, filters, ledger, metrics, nonce, providers, settling, streams
from llm.answers import Answer, BadAnswer, Usage
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.providers import Target

SCHEMA_WORDING = Path(__file__).parent / "data" / "schema.v1.txt"
LEAST_SECONDS = 0.05
BAD_OUTPUT = frozenset({"schema", "canary"})

_basic_only: ContextVar[bool] = ContextVar("llm_basic_only", default=False)
_first_models: dict[str, str] = {}


class Unavailable(Exception):
    """No provider answered in a way that can be used; `kind` says why."""

    def __init__(self, kind: str, model_ms: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.model_ms = model_ms  # spent on the wire in vain


class Stop(Exception):
    """Raised by the listener of a stream that has heard enough: the rest is not read, and what was said is billed."""


class BadOutput(Unavailable):
    """A provider answered, and its answer breaks the schema or repeats the prompt."""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `parsed` is None where no schema was asked for, or its listener stopped it.

    `model_ms` is the time on the wire, `first_ms` the time until the first words of a stream.
    """

    text: str
    parsed: dict[str, Any] | None
    model: str
    usage: Usage
    model_ms: int
    call_id: UUID
    first_ms: int = 0


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


class Question(TypedDict, total=False):
    """What a call asks. Stable text comes first in `messages`; `deadline` is in time.monotonic() seconds.

    `known` are identifiers of the person, which never leave.
    """

    feature: Required[str]
    policy: Required[TenantPolicy]
    messages: Required[Sequence[dict[str, str]]]
    complexity: Required[str]
    max_tokens: Required[int]
    deadline: Required[float]
    schema: dict[str, Any] | None
    interview_id: UUID | None
    known: tuple[str, ...]
    prompt_version: str
    temperature: float


@dataclass(slots=True)
class _Call:
    """A call whose row is open: where it goes, what is sent, and what stands behind the placeholders."""

    row: LlmCall
    target: Target
    body: dict[str, Any]
    replaced: dict[str, str]
    schema: dict[str, Any] | None
    deadline: float
    started: float = 0.0
    first_ms: int = 0

    def settle(self, *, answer: Answer | None = None, error: providers.WireError | BadAnswer | None = None) -> int:
        return settling.settle(self.row, self.target, self.body, self.started, answer=answer, error=error)


def complete(**question: Unpack[Question]) -> Completion:
    """Ask one model once. No database connection is held meanwhile.

    :raises Unavailable: with the reason in `kind`; BadOutput if the answer broke the schema or the canary leaked.
    :raises core.pool.HeldDuringCall: inside a transaction; nothing was sent.
    """
    call = _open(question, streamed=False)
    return _answered(call, lambda: answers.read(_wire().post(call.target, call.body, deadline=call.deadline)))


def stream(listen: Callable[[dict[str, Any]], None], **question: Unpack[Question]) -> Completion:
    """Ask one model once and let `listen` hear the answer's object grow; its last text may end in the middle.

    What `listen` hears was not validated as a whole: the returned completion was. It may raise Stop.

    :raises Unavailable, BadOutput, core.pool.HeldDuringCall: as `complete` does.
    """
    call = _open(question, streamed=True)
    reader = streams.Reader(partial(_heard, call, listen))

    def read() -> Answer:
        _wire().stream(call.target, call.body, deadline=call.deadline, feed=reader.feed)
        return reader.end()

    try:
        return _answered(call, read)
    except Stop:
        answer = reader.so_far()
        return _completion(call, answer, None, call.settle(answer=answer))


def _heard(call: _Call, listen: Callable[[dict[str, Any]], None], text: str) -> None:
    """:raises BadAnswer: canary; whatever `listen` raises."""
    if not call.first_ms:
        seconds = time.perf_counter() - call.started
        call.first_ms = max(1, round(seconds * 1000))
        metrics.first_token_seconds.labels(call.target.provider).observe(seconds)
    if canary.leaked(text):
        raise BadAnswer("canary")
    found = answers.growing(text)
    if found:
        listen(filters.restore(found, call.replaced))


def _open(question: Question, *, streamed: bool) -> _Call:
    """Choose, redact, write the row; the connection goes back to its pool."""
    pool.refuse_if_held()
    policy, complexity, deadline = question["policy"], question["complexity"], question["deadline"]
    schema = question.get("schema")
    target = _target(policy, complexity, deadline)
    outgoing, replaced = filters.redact(question["messages"], question.get("known", ()))
    body = _body(
        target, nonce.fill(canary.plant(outgoing)), schema, question["max_tokens"], question.get("temperature", 0.0)
    )
    if streamed:
        body |= {"stream": True} | ({"stream_options": {"include_usage": True}} if target.stream_usage else {})
    row = ledger.open_call(
        target=target,
        tenant=policy.schema,
        feature=question["feature"],
        complexity=complexity,
        interview_id=question.get("interview_id"),
        prompt_version=question.get("prompt_version", ""),
    )
    pool.give_back()
    _wire()
    return _Call(row, target, body, replaced, schema, deadline, started=time.perf_counter())


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
        pool.give_back()
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


def _answered(call: _Call, read: Callable[[], Answer]) -> Completion:
    """Send, read, check; settle the row whatever comes of it."""
    try:
        answer = read()
        parsed = _checked(answer, call.schema)
    except (providers.WireError, BadAnswer) as error:
        model_ms = call.settle(error=error)
        if error.kind == "not_found":
            _first_models.pop(call.target.base_url, None)  # the server offers another model now
        raise (BadOutput if error.kind in BAD_OUTPUT else Unavailable)(error.kind, model_ms) from None
    except Stop:
        raise
    except Exception:
        call.settle(error=BadAnswer("internal"))
        raise
    return _completion(call, answer, parsed, call.settle(answer=answer))


def _completion(call: _Call, answer: Answer, parsed: dict[str, Any] | None, model_ms: int) -> Completion:
    text, parsed = filters.restore(answer.text, call.replaced), filters.restore(parsed, call.replaced)
    usage = answer.usage or settling.estimate(call.body, answer)
    return Completion(text, parsed, call.target.model, usage, model_ms, call.row.id, call.first_ms)


def _checked(answer: Answer, schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """:raises BadAnswer: schema or canary, with the usage that was paid for."""
    if canary.leaked(answer.text):
        raise BadAnswer("canary", answer.usage, answer.finish_reason)
    try:
        return answers.parse(answer.text, schema) if schema is not None else None
    except BadAnswer as error:
        raise BadAnswer(error.kind, answer.usage, answer.finish_reason) from None


def from_template(
    *,
    feature: str,
    policy: TenantPolicy,
    interview_id: UUID | None,
    prompt_version: str,
    messages: Sequence[dict[str, str]],
    max_tokens: int,
) -> None:
    """Record that a template answered in a call's place: a settled row without cost, and what the call would cost."""
    target = providers.choose(policy, "simple")
    asked = sum(len(message["content"]) for message in messages) // settling.CHARACTERS_A_TOKEN
    price = target.price if target else None
    row = LlmCall(
        tenant=policy.schema,
        feature=feature,
        interview_id=interview_id,
        complexity="simple",
        prompt_version=prompt_version,
        source=LlmCall.Source.TEMPLATE,
        cost_usd=0,
        latency_ms=0,
        saved_usd=price.cost_usd(tokens_in=asked, tokens_cached=0, tokens_out=max_tokens // 5) if price else 0,
        settled_at=clock.now(),
    )
    rows.insert(row)
