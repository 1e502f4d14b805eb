"""Answers that no evaluator here can read: a person rates what rests on them.

Too long for it, or in another language than the interview's. A small list of words instead of a language identifier:
it also tells noise from language, and what can't be told is a person's in any case.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from interviews.services.evaluation.types import Answer, CompetencyText

DATA = Path(__file__).resolve().parents[2] / "data" / "languages.json"
LONGEST = 12_000  # characters; the room takes 8,000
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Readable:
    """The answers that can be rated, and the competencies that cannot: key -> why (CompetencyRating.Withheld)."""

    answers: tuple[Answer, ...]
    withheld: dict[str, str]


def sort(
    competencies: Sequence[CompetencyText], answers: Sequence[Answer], language: str, *, only_known: bool = False
) -> Readable:
    """An answer that can't be read withholds what it was meant for; one that was meant for nothing is left out.

    :param only_known: nothing can be read in a language that the data file does not know.
    """
    reasons = {one.turn_id: why for one in answers if (why := _why_not(one.text, language, only_known=only_known))}
    withheld: dict[str, str] = {}
    for answer in answers:
        if answer.turn_id in reasons:
            meant = answer.competency_keys or _all(competencies, answers)
            withheld |= dict.fromkeys(meant, reasons[answer.turn_id])
    return Readable(tuple(one for one in answers if one.turn_id not in reasons), withheld)


def _all(competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> tuple[str, ...]:
    """Every competency, where no question of the interview was meant for any."""
    mapped = any(answer.competency_keys for answer in answers)
    return () if mapped else tuple(competency.key for competency in competencies)


def _why_not(text: str, language: str, *, only_known: bool) -> str:
    if len(text) > LONGEST:
        return "length"
    known = _languages()["words"].get(language.partition("-")[0])
    if known is None:
        return "language" if only_known and text.strip() else ""
    return "language" if _is_foreign(text, known) else ""


def _is_foreign(text: str, known: frozenset[str]) -> bool:
    words = [word.replace("’", "'") for word in WORD.findall(text.lower())]
    if len(words) < _languages()["fewest_words"]:
        return False
    return bool(sum(word in known for word in words) < _languages()["least_share"] * len(words))


@cache
def _languages() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DATA.read_text())
    return found | {"words": {code: frozenset(words) for code, words in found["words"].items()}}
