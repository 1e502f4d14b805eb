"""What leaves the house: every text passes the filters of LLM_INPUT_FILTERS, and answers get the originals back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

BETWEEN = "\x1e"  # the record separator: no answer can hold it, so one pass numbers placeholders over all messages


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text fit to leave, and what its placeholders stand for: {placeholder: original}."""

    text: str
    replaced: dict[str, str]


InputFilter = Callable[[str, tuple[str, ...]], Redacted]


class FilterBroke(RuntimeError):
    """An input filter changed the number of messages, so nothing was sent."""


def paths() -> Sequence[str]:
    """Dotted paths of the filters, in their order."""
    found: Sequence[str] = getattr(settings, "LLM_INPUT_FILTERS", ())
    return found


def load() -> list[InputFilter]:
    """:raises ImportError: if a filter is missing."""
    return [import_string(path) for path in paths()]


def redact(messages: Sequence[dict[str, str]], known: tuple[str, ...]) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The messages as they may leave, and what stands behind the placeholders.

    :raises FilterBroke: with nothing to send.
    """
    text = BETWEEN.join(message["content"].replace(BETWEEN, " ") for message in messages)
    replaced: dict[str, str] = {}
    for apply in load():
        redacted = apply(text, known)
        text, replaced = redacted.text, replaced | redacted.replaced
    parts = text.split(BETWEEN)
    if len(parts) != len(messages):
        raise FilterBroke
    return [message | {"content": part} for message, part in zip(messages, parts, strict=True)], replaced


def restore(value: Any, replaced: dict[str, str]) -> Any:
    """The value (text, list or object) with every placeholder replaced by its original."""
    if isinstance(value, str):
        for placeholder, original in reversed(replaced.items()):
            value = value.replace(placeholder, original)
        return value
    if isinstance(value, list):
        return [restore(item, replaced) for item in value]
    if isinstance(value, dict):
        return {key: restore(item, replaced) for key, item in value.items()}
    return value
