"""What a model's reply may not say. Refused text is never shown; the script speaks instead."""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

from interviews.services.interviewer.types import TurnContext

DATA = Path(__file__).resolve().parents[2] / "data"
LONGEST_TEXT = 400
LONGEST_PROBE = 300


def refusal(text: str, probe: str | None, context: TurnContext) -> str:
    """Why this reply may not be shown, in one word; "" when it may."""
    spoken = f"{text} {probe or ''}"
    if not text.strip() or len(text) > LONGEST_TEXT or len(probe or "") > LONGEST_PROBE:
        return "length"
    if any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in spoken) or "://" in spoken:
        return "characters"
    if "?" in text:
        return "question"
    if _matches("judging_words", spoken):
        return "judgement"
    if _matches("illegal_topics", spoken):
        return "topic"
    return _probe_refusal(probe, context) if probe is not None else ""


def _probe_refusal(probe: str, context: TurnContext) -> str:
    if not probe.strip().endswith("?") or probe.count("?") != 1:
        return "probe"
    asked = [exchange.question for exchange in context.recent] + [context.next_question or ""]
    return "repeated" if _plain(probe) in {_plain(question) for question in asked} else ""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


def _matches(name: str, text: str) -> bool:
    return _pattern(name).search(_plain(text)) is not None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """The data file's phrases as one pattern over whole words."""
    groups = json.loads((DATA / f"{name}.json").read_text())["phrases"]
    phrases = [_plain(phrase) for group in groups.values() for phrase in group]
    return re.compile(r"\b(?:" + "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True)) + r")\b")
