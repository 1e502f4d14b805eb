"""A call before anybody is asked: what may leave, how long it is, and the request as each server wants it."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Required, TypedDict
from uuid import UUID

from core.ids import uuid7
from llm import answers, canary, features, filters, metrics, nonce, tokens
from llm.features import Feature
from llm.policy import TenantPolicy
from llm.router import Need
from llm.targets import Target

SCHEMA_WORDING = Path(__file__).parent / "data" / "schema.v1.txt"
REPAIR_WORDING = Path(__file__).parent / "data" / "repair.v1.txt"


SURROUNDINGS = 60  # tokens that the canary and the frame of a request add at most, apart from a schema
MOST_REPEATED = 4000  # characters of a broken answer that are sent back


class TooLong(ValueError):
    """The call is longer than its feature may be: more of the context than was meant would leave."""


class Unasked(TypedDict, total=False):
    """What a call would ask. Stable text comes first in `messages`.

    `known` are identifiers of the person (`subject_id`), which never leave. `quality` is the least one that may answer,
    above what the complexity asks for.
    """

    feature: Required[str]
    policy: Required[TenantPolicy]
    messages: Required[Sequence[dict[str, str]]]
    max_tokens: Required[int]
    complexity: str
    quality: int
    schema: dict[str, Any] | None
    interview_id: UUID | None
    subject_id: UUID | None
    known: tuple[str, ...]
    prompt_version: str
    temperature: float


class Question(Unasked):
    """What a call asks; `deadline` is in time.monotonic() seconds."""

    deadline: float


@dataclass(slots=True)
class Prepared:
    """A call that may leave: redacted, counted, within its caps. `replaced` is what placeholders stand for."""

    feature: Feature
    need: Need
    messages: list[dict[str, str]]
    replaced: dict[str, str]
    schema: dict[str, Any] | None
    temperature: float
    deadline: float
    interview_id: UUID | None
    subject_id: UUID | None
    prompt_version: str
    request_id: UUID = field(default_factory=uuid7)
    began: float = field(default_factory=time.monotonic)

    @property
    def policy(self) -> TenantPolicy:
        return self.need.policy

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()


def prepare(question: Question) -> Prepared:
    """Redact and count.

    :raises llm.features.UnknownFeature: if it is not listed.
    :raises TooLong: if it exceeds its feature's caps; nothing was sent.
    :raises llm.filters.FilterBroke: with nothing to send.
    """
    feature = features.named(question["feature"])
    messages, replaced = filters.redact(question["messages"], question.get("known", ()))
    tokens_in, tokens_out = _tokens(messages, feature.most_in), question["max_tokens"]
    if tokens_in > feature.most_in or tokens_out > feature.most_out:
        metrics.context_leaks.labels(feature.name, "in" if tokens_in > feature.most_in else "out").inc()
        raise TooLong(f"{feature.name}: {tokens_in} tokens in, {tokens_out} out")
    return Prepared(
        feature=feature,
        need=Need(
            question.get("complexity") or feature.complexity,
            tokens_in + SURROUNDINGS + _tokens_of(question.get("schema")),
            tokens_out,
            question["policy"],
            quality=question.get("quality", 0),
        ),
        messages=messages,
        replaced=replaced,
        schema=question.get("schema"),
        temperature=question.get("temperature", 0.0),
        deadline=question["deadline"],
        interview_id=question.get("interview_id"),
        subject_id=question.get("subject_id"),
        prompt_version=question.get("prompt_version", ""),
    )


def _tokens(messages: list[dict[str, str]], most: int) -> int:
    """Tokens of the messages: quickly and rather too many, exactly where that would be more than is allowed."""
    about = sum(tokens.estimate(message["content"]) for message in messages)
    return about if about <= most else tokens.of_messages(messages)


def _tokens_of(schema: dict[str, Any] | None) -> int:
    """About what a schema adds: providers count it as a part of the prompt."""
    return tokens.estimate(json.dumps(schema)) if schema else 0


def outgoing(prepared: Prepared) -> list[dict[str, str]]:
    """The messages with the canary and this request's nonce, the same for every attempt at it."""
    return canary.plant(nonce.fill(prepared.messages))


def body(
    target: Target, messages: list[dict[str, str]], prepared: Prepared, *, streamed: bool = False
) -> dict[str, Any]:
    """The request as this server wants it."""
    asked: dict[str, Any] = {
        "model": target.model,
        "messages": messages,
        target.max_tokens_field: prepared.need.tokens_out + target.reasoning_tokens,
        **target.parameters,
    }
    if target.temperature:
        asked["temperature"] = prepared.temperature
    if streamed:
        asked |= {"stream": True} | ({"stream_options": {"include_usage": True}} if target.stream_usage else {})
    return asked if prepared.schema is None else asked | _structured(target, messages, prepared.schema)


def repaired(asked: dict[str, Any], broken: str, problem: str) -> dict[str, Any]:
    """The same request once more, after an answer that broke the schema."""
    wording = _wording(REPAIR_WORDING).format(problem=problem)
    said = [{"role": "assistant", "content": broken[:MOST_REPEATED]}, {"role": "user", "content": wording}]
    return asked | {"messages": [*asked["messages"], *said]}


def repair_tokens(broken: str) -> int:
    """About what `repaired` adds."""
    return tokens.estimate(broken[:MOST_REPEATED]) + tokens.estimate(_wording(REPAIR_WORDING))


def _structured(target: Target, messages: list[dict[str, str]], schema: dict[str, Any]) -> dict[str, Any]:
    """What makes this server answer by the schema: its own way, or words at the end."""
    offered = answers.for_the_wire(schema)
    if target.structured == "json_schema":
        described = {"name": "answer", "strict": True, "schema": offered}
        return {"response_format": {"type": "json_schema", "json_schema": described}}
    sentence = _wording(SCHEMA_WORDING).format(schema=json.dumps(offered, separators=(",", ":")))
    worded = [*messages[:-1], messages[-1] | {"content": f"{messages[-1]['content']}\n\n{sentence}"}]
    asked: dict[str, Any] = {"messages": worded}
    if target.structured == "json_object":
        asked["response_format"] = {"type": "json_object"}
    return asked


@cache
def _wording(path: Path) -> str:
    return path.read_text().strip()
