"""The word lists and numbers of the basic evaluator (interviews/data/basic_evaluator.json), compiled once."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from interviews.services.evaluation.text import stem, words

DATA = Path(__file__).resolve().parents[2] / "data" / "basic_evaluator.json"

SETTINGS = ("features", "base", "top_anchor", "best_anchor", "looking_back", "relevance", "evidence", "confidence")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`phrases` are patterns over lower-case text; the word sets hold stems."""

    version: str
    settings: dict[str, Any]
    phrases: dict[str, re.Pattern[str]]
    common: frozenset[str]
    buzzwords: frozenset[str]
    rubric_words: frozenset[str]

    def content(self, text: str) -> list[str]:
        """Stems of the words that carry meaning: no figures, no everyday words."""
        stems = ((word, stem(word)) for word in words(text) if len(word) > 2 and not word[0].isdigit())
        return [found for word, found in stems if word not in self.common and found not in self.common]


@cache
def lexicon() -> Lexicon:
    """The one of the data file."""
    data = json.loads(DATA.read_text())
    phrases = {name: _pattern(listed) for name, listed in data["phrases"].items()}
    phrases["figure"] = re.compile(rf"(?<!\w)[~±€$£]?\d[\d.,]*+%?|\b(?:{'|'.join(data['number_words'])})\b")
    phrases["ownership"] = _pattern(data["own_words"])
    return Lexicon(
        version=data["version"],
        settings={name: data[name] for name in SETTINGS},
        phrases=phrases,
        common=_stems(data["common"]) | frozenset(data["common"]),
        buzzwords=_stems(data["buzzwords"]),
        rubric_words=_stems(data["rubric_words"]) | _stems(data["buzzwords"]),
    )


def folded(text: str) -> str:
    """The text as the phrases expect it: lower case, straight apostrophes, plain hyphens."""
    return text.lower().replace("’", "'").replace("\u2011", "-").replace("\u2010", "-")


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    parts = (re.escape(phrase).replace(r"\*", r"\w*+").replace(r"\ ", r"\s") for phrase in longest_first)
    return re.compile(rf"\b(?:{'|'.join(parts)})\b")


def _stems(listed: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for phrase in listed for word in words(phrase))
