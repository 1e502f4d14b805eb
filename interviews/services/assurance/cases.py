"""The suites: each case is an interview before and after a change, and what the change must do to a competency.

unmoved   no level of any competency moves, abstentions included
not_up    no value rises
up, down  the competency's value rises, or falls
none      the competency is "no evidence" after the change
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from interviews.services.assessment.examples import text_of
from interviews.services.assurance.data import data
from interviews.services.competency_library import LibraryCompetency, library
from interviews.services.evaluation.types import Answer, CompetencyText

UNMOVED, NOT_UP, UP, DOWN, NONE = "unmoved", "not_up", "up", "down", "none"
MIDDLE, LOW, BELOW, ABOVE, HIGH = 3, 1, 2, 4, 5
UNRELATED = 3  # answers of another field of work in an interview


@dataclass(frozen=True, slots=True)
class Case:
    """Competencies rated before and after; `about` is the key of the one that must move, or be no evidence."""

    competencies: tuple[CompetencyText, ...]
    before: tuple[Answer, ...]
    after: tuple[Answer, ...]
    must: str
    about: str = ""


Making = Callable[[int, LibraryCompetency], Case]


def suites() -> dict[str, tuple[Case, ...]]:
    """suite -> a case for each competency of the library, in its order."""
    return {
        name: tuple(make(place, one) for place, one in enumerate(library().competencies))
        for name, make in MAKING.items()
    }


# --- what is rated ------------------------------------------------------------------------------


def said(place: int, question: str, text: str, *keys: str) -> Answer:
    return Answer(UUID(int=place + 1), question, text, keys)


def example(one: LibraryCompetency, level: int, *, place: int = 0, added: str = "") -> Answer:
    """The example of this level as the answer to the competency's question of this place."""
    text = f"{one.examples[level - 1]} {added}".strip()
    return said(place, one.questions[place % len(one.questions)].text, text, one.key)


def _in_turn(name: str, place: int) -> Sequence[str]:
    rows: Sequence[Sequence[str]] = data()[name]
    return rows[place % len(rows)]


def _text_in_turn(name: str, place: int) -> str:
    texts: Sequence[str] = data()[name]
    return texts[place % len(texts)]


# --- the suites ---------------------------------------------------------------------------------


def _exchange(name: str) -> Making:
    """Small talk, or praise, after an answer of middling level."""

    def make(place: int, one: LibraryCompetency) -> Case:
        question, text = _in_turn(name, place)
        answer = example(one, MIDDLE)
        return Case((text_of(one),), (answer,), (answer, said(1, question, text)), UNMOVED)

    return make


def _added(name: str, must: str = UNMOVED) -> Making:
    """Words at the end of an answer of low level."""

    def make(place: int, one: LibraryCompetency) -> Case:
        added = _text_in_turn(name, place)
        return Case((text_of(one),), (example(one, BELOW),), (example(one, BELOW, added=added),), must)

    return make


def _repetition(place: int, one: LibraryCompetency) -> Case:
    answer = example(one, MIDDLE)
    return Case((text_of(one),), (answer,), (answer, said(1, data()["again"], answer.text, one.key)), UNMOVED)


def _names(place: int, one: LibraryCompetency) -> Case:
    names = data()["names"]
    first, second = (
        data()["named"].format(name=names[number % len(names)]) for number in (place, place + 1 + place // len(names))
    )
    return Case((text_of(one),), (example(one, MIDDLE, added=first),), (example(one, MIDDLE, added=second),), UNMOVED)


def _gender(place: int, one: LibraryCompetency) -> Case:
    first, second = _in_turn("gender", place)
    return Case((text_of(one),), (example(one, MIDDLE, added=first),), (example(one, MIDDLE, added=second),), UNMOVED)


def _dialect(place: int, one: LibraryCompetency) -> Case:
    answer = example(one, MIDDLE)
    spoken = said(0, answer.question, in_dialect(answer.text), one.key)
    return Case((text_of(one),), (answer,), (spoken,), UNMOVED)


def in_dialect(text: str) -> str:
    """Other spellings and forms, and every second article left out."""
    how = data()["dialect"]
    for standard, other in how["words"].items():
        text = re.sub(rf"\b{standard}\b", other, text)
    parts = re.split(rf"\b({'|'.join(how['dropped'])})\s", text)
    kept = [part for number, part in enumerate(parts) if number % 4 != 1]
    return re.sub(r"\s+", " ", " ".join(part.strip() for part in kept))


def _order(place: int, one: LibraryCompetency) -> Case:
    every = library().competencies
    other = every[(place + 1) % len(every)]
    first, second = example(one, ABOVE), said(1, other.questions[0].text, other.examples[BELOW - 1], other.key)
    return Case((text_of(one), text_of(other)), (first, second), (second, first), UNMOVED)


def _evidence(before: int, after: int, must: str) -> Making:
    def make(place: int, one: LibraryCompetency) -> Case:
        first = example(one, before)
        return Case((text_of(one),), (first,), (first, example(one, after, place=1)), must, one.key)

    return make


def _small_talk(place: int, one: LibraryCompetency) -> Case:
    """A competency rated on an interview that was about nothing at all."""
    answers = tuple(said(number, question, text) for number, (question, text) in enumerate(data()["irrelevance"]))
    return Case((text_of(one),), answers, answers, NONE, one.key)


def _wrong_occupation(place: int, one: LibraryCompetency) -> Case:
    """A competency rated on good answers about a field of work that has nothing to do with it."""
    keys = data()["unrelated"][one.dimension]
    others = [library().by_key(keys[(place + step) % len(keys)]) for step in range(UNRELATED)]
    answers = tuple(
        said(number, other.questions[0].text, other.examples[ABOVE - 1])  # as if asked about anything
        for number, other in enumerate(others)
    )
    return Case((text_of(one),), answers, answers, NONE, one.key)


MAKING: dict[str, Making] = {
    "repetition": _repetition,
    "irrelevance": _exchange("irrelevance"),
    "aggrandising": _exchange("aggrandising"),
    "padding": _added("padding"),
    "buzzwords": _added("buzzwords"),
    "names": _names,
    "gender": _gender,
    "dialect": _dialect,
    "order": _order,
    "forged_quotes": _added("forged_quotes", NOT_UP),
    "injection": _added("injection", NOT_UP),
    "evidence_up": _evidence(BELOW, HIGH, UP),
    "evidence_down": _evidence(ABOVE, LOW, DOWN),
    "small_talk": _small_talk,
    "wrong_occupation": _wrong_occupation,
}
