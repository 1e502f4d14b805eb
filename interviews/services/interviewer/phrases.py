"""Lists of phrases in interviews/data/*.json as patterns over plain text."""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from interviews.services.evaluation.lexicon import folded

DATA = Path(__file__).resolve().parents[2] / "data"
# Letters and marks that change no word: full-width forms are folded, emphasis goes.
EMPHASIS = re.compile(r"[*_~|\\]+")
GAP = r"(?:[\s,]+[\w'-]+){0,4}[\s,]+"

Pattern = re.Pattern[str]


def plain(text: str) -> str:
    """The text as patterns expect it: folded to lower case, compatibility forms and emphasis gone."""
    return EMPHASIS.sub(" ", folded(unicodedata.normalize("NFKC", text)))


@cache
def data(name: str) -> dict[str, Any]:
    """A file of interviews/data."""
    found: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def pattern(name: str, key: str) -> Pattern:
    """The phrases under a key of a data file."""
    return compiled(data(name)[key])


def compiled(phrases: Iterable[str]) -> Pattern:
    """Any of the phrases, in whole words; * stands for any ending, … for up to four words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_expression, phrases))})(?!\w)")


def _expression(phrase: str) -> str:
    escaped = re.escape(phrase).replace(r"\*", r"\w*+")
    return escaped.replace(r"\ …\ ", GAP).replace(r"\ ", r"\s+")
