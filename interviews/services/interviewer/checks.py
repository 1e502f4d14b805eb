"""What a model's words must pass before a candidate reads them. One failed check refuses all of it."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from interviews.services.evaluation.lexicon import folded, lexicon
from interviews.services.interviewer.types import TurnContext

DATA = Path(__file__).resolve().parents[2] / "data"
LONGEST_TEXT = 400
LONGEST_PROBE = 300
SAME_QUESTION = 0.7  # share of a probe's words that an earlier question had
LINKS = re.compile(r"https?:|www\.|[<>{}\[\]`]|\w@\w")


class Refused(Exception):
    """The model's words are not shown; `reason` is the check they failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(text: str, probe: str | None, context: TurnContext) -> None:
    """:raises Refused: with the first check that failed."""
    _check_text(text)
    if probe is not None:
        _check_probe(probe, context)
    for shown in filter(None, (text, probe)):
        _refuse_if(LINKS.search(shown) is not None or not shown.isprintable(), "form")
        _refuse_if(_patterns("judging_words", "anywhere").search(folded(shown)) is not None, "judgement")
        _refuse_if(illegal_topic(shown) is not None, "illegal_topic")


def sentence(sentence: str, *, before: str, context: TurnContext) -> None:
    """:raises Refused: if this sentence may not follow what was said before it."""
    said = before + sentence
    _check_text(said)
    _refuse_if(LINKS.search(said) is not None or not said.isprintable(), "form")
    _refuse_if(_patterns("judging_words", "anywhere").search(folded(said)) is not None, "judgement")
    _refuse_if(illegal_topic(said) is not None, "illegal_topic")


def illegal_topic(text: str) -> str | None:
    """The private matter that a text touches, or None."""
    plain = folded(text)
    topics: dict[str, list[str]] = _data("illegal_topics")["topics"]
    return next((topic for topic in topics if _patterns("illegal_topics", "topics", topic).search(plain)), None)


def _check_text(text: str) -> None:
    _refuse_if(not text.strip(), "empty")
    _refuse_if(len(text) > LONGEST_TEXT, "length")
    _refuse_if("?" in text, "question")
    _refuse_if(_patterns("judging_words", "in_text").search(folded(text)) is not None, "judgement")


def _check_probe(probe: str, context: TurnContext) -> None:
    _refuse_if(not context.may_probe, "probe_not_allowed")
    _refuse_if(len(probe) > LONGEST_PROBE, "length")
    _refuse_if(probe.count("?") != 1 or not probe.rstrip().endswith("?"), "not_one_question")
    asked = [exchange.question for exchange in context.recent] + [context.next_question or ""]
    _refuse_if(any(_is_same(probe, question) for question in asked), "asked_before")


def _is_same(probe: str, question: str) -> bool:
    mine, theirs = set(lexicon().content(probe)), set(lexicon().content(question))
    if not mine:
        return folded(probe).strip(" ?") == folded(question).strip(" ?")
    return len(mine & theirs) >= SAME_QUESTION * len(mine)


def _refuse_if(failed: bool, reason: str) -> None:
    if failed:
        raise Refused(reason)


@cache
def _data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text())
    return data


@cache
def _patterns(name: str, *path: str) -> re.Pattern[str]:
    """The phrases at a place of a data file as one pattern; * stands for any ending."""
    found: Any = _data(name)
    for part in path:
        found = found[part]
    return _compiled(found)


def _compiled(phrases: Iterable[str]) -> re.Pattern[str]:
    parts = (re.escape(phrase).replace(r"\*", r"\w*+").replace(r"\ ", r"\s+") for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
