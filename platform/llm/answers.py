"""What a server said: read strictly, because everything odd has been seen in the field."""

import json
import re
from dataclasses import dataclass
from typing import Any

import jiter
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

FENCE = "```"
NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
REASONS = {"length": "truncated", "": "truncated", "content_filter": "filtered"}  # why an answer is no whole one
WIRE_KEYWORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "description"}
)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call; `cached` is a part of `tokens_in`."""

    tokens_in: int = 0
    cached: int = 0
    tokens_out: int = 0


class BadAnswer(Exception):
    """The server answered, and the answer can't be used. `kind` says why, without any content.

    `text` is what was said where it broke a schema, to have it repaired; it is in no message of this error.
    """

    def __init__(self, kind: str, usage: Usage | None = None, finish_reason: str = "", text: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.usage = usage
        self.finish_reason = finish_reason
        self.text = text


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    usage: Usage | None
    finish_reason: str


def read(content: bytes) -> Answer:
    """A chat completion that came to its own end.

    :raises BadAnswer: not_json, bad_encoding, empty, wrong_shape, truncated, filtered.
    """
    body = _load(content, "not_json")
    if not isinstance(body, dict):
        raise BadAnswer("wrong_shape")
    usage = usage_of(body.get("usage"))
    choice = _first(body.get("choices"))
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else None
    reason = choice.get("finish_reason")
    if reason != "stop":
        kind = REASONS.get(reason or "", "wrong_shape") if reason is None or isinstance(reason, str) else "wrong_shape"
        raise BadAnswer(kind, usage, told(reason))
    if not isinstance(text, str) or not text.strip():
        raise BadAnswer("empty", usage, "stop")
    return Answer(text=text, usage=usage, finish_reason=reason)


def model_names(content: bytes) -> list[str]:
    """The ids of a list of models.

    :raises BadAnswer: not_json, bad_encoding, empty, wrong_shape.
    """
    body = _load(content, "not_json")
    listed = body.get("data") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise BadAnswer("wrong_shape")
    names = [row["id"] for row in listed if isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"]]
    return [name for name in names if len(name) <= 200]


def parse(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON object in the text, valid by the schema: unknown keys, values out of range and what is no text refused.

    :raises BadAnswer: schema.
    """
    parsed = _load(_unfenced(text).encode("utf-8", "surrogatepass"), "schema")
    if not isinstance(parsed, dict) or not Draft202012Validator(schema).is_valid(parsed) or not _is_text(parsed):
        raise BadAnswer("schema")
    return parsed


def told(reason: Any) -> str:
    """A server's word for why it ended, fit for a row."""
    return "".join(character for character in str(reason or "") if character.isprintable())[:20]


def _is_text(value: Any) -> bool:
    """Whether every text in it can be stored: no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        return not NO_TEXT.search(value)
    return all(map(_is_text, value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()))


def growing(text: str) -> dict[str, Any]:
    """The object that a text which is still arriving holds so far; its last text may end in the middle."""
    begun = text.find("{")
    if begun < 0:
        return {}
    try:
        found = jiter.from_json(text[begun:].encode("utf-8", "surrogatepass"), partial_mode="trailing-strings")
    except ValueError:
        return {}  # `parse` says at the end what is wrong with it
    return found if isinstance(found, dict) else {}


def _unfenced(text: str) -> str:
    """The text without the code fence that some models put around their JSON."""
    text = text.strip()
    if len(text) > 2 * len(FENCE) and text.startswith(FENCE) and text.endswith(FENCE):
        return text[len(FENCE) : -len(FENCE)].removeprefix("json")
    return text


def for_the_wire(schema: Any) -> Any:
    """The schema without the keywords that some servers refuse (lengths, ranges); `parse` still checks them."""
    if isinstance(schema, list):
        return [for_the_wire(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: for_the_wire(part) for name, part in value.items()} if key == "properties" else for_the_wire(value)
        for key, value in schema.items()
        if key in WIRE_KEYWORDS
    }


def _load(content: bytes, kind: str) -> Any:
    try:
        text = content.decode("utf-8")
        if not text.strip():
            raise BadAnswer("empty" if kind != "schema" else kind)
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_no_twins)
    except UnicodeDecodeError:
        raise BadAnswer("bad_encoding" if kind != "schema" else kind) from None
    except (ValueError, RecursionError):
        raise BadAnswer(kind) from None


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are not JSON


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same key twice")
    return found


def _first(choices: Any) -> dict[str, Any]:
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    raise BadAnswer("wrong_shape")


def usage_of(raw: Any) -> Usage | None:
    """The server's own count, where it is one."""
    if not isinstance(raw, dict):
        return None
    details = raw.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else 0
    tokens_in, tokens_out = _count(raw.get("prompt_tokens")), _count(raw.get("completion_tokens"))
    if tokens_in is None or tokens_out is None or not (tokens_in or tokens_out):
        return None
    return Usage(tokens_in=tokens_in, cached=min(cached or 0, tokens_in), tokens_out=tokens_out)


def _count(value: Any) -> int | None:
    """A plausible number of tokens, 0 where there is none; None for what is none."""
    if value is None:
        return 0
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100_000_000 else None
