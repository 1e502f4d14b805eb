"""Candor's competency library (interviews/data/competency_library.json): scales, examples and questions to draft from.

Plain data. What a job uses of it is copied into a version of the job.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from interviews.services.interviewer.types import KINDS

DATA = Path(__file__).resolve().parents[1] / "data" / "competency_library.json"
DIMENSIONS = ("technical", "communication", "values")
LEVELS = 5


class LibraryMalformed(Exception):
    """The competency library does not have the shape that the reader expects."""


class UnknownCompetency(Exception):
    """The competency library has no competency of this key."""


@dataclass(frozen=True, slots=True)
class LibraryQuestion:
    """A core question; `follow_ups` has one for each kind (evidence, ownership, result, clarify)."""

    text: str
    follow_ups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LibraryCompetency:
    """A behavioural scale. `anchors` and `examples` (answers of invented candidates) are for levels 1 to 5.

    `matches` are words and phrases of job descriptions that suggest it; * at the end stands for any ending.
    """

    key: str
    name: str
    definition: str
    dimension: str
    tags: tuple[str, ...]
    anchors: tuple[str, ...]
    examples: tuple[str, ...]
    questions: tuple[LibraryQuestion, ...]
    matches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """All competencies, in the order of the file."""

    version: str
    competencies: tuple[LibraryCompetency, ...]

    def by_key(self, key: str) -> LibraryCompetency:
        """:raises UnknownCompetency: if there is none."""
        found = next((competency for competency in self.competencies if competency.key == key), None)
        if found is None:
            raise UnknownCompetency(key)
        return found


@cache
def library() -> Library:
    """The one of the data file.

    :raises LibraryMalformed: if the file is not what `parsed` takes.
    """
    try:
        data = json.loads(DATA.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LibraryMalformed(f"{DATA.name}: {error}") from error
    return parsed(data)


def parsed(data: Any) -> Library:
    """The library from its JSON.

    :raises LibraryMalformed: if anything is missing, empty, of another type, or there twice.
    """
    try:
        competencies = tuple(map(_competency, data["competencies"]))
        found = Library(_text(data["version"]), competencies)
    except (KeyError, TypeError) as error:
        raise LibraryMalformed(f"{type(error).__name__}: {error}") from error
    keys = [competency.key for competency in competencies]
    _expect(len(keys) > 0 and len(set(keys)) == len(keys), "keys are there once each")
    return found


def _competency(row: Any) -> LibraryCompetency:
    competency = LibraryCompetency(
        key=_text(row["key"]),
        name=_text(row["name"]),
        definition=_text(row["definition"]),
        dimension=_text(row["dimension"]),
        tags=_texts(row["tags"]),
        anchors=_texts(row["anchors"]),
        examples=_texts(row["examples"]),
        questions=tuple(map(_question, row["questions"])),
        matches=_texts(row["matches"]),
    )
    _expect(competency.dimension in DIMENSIONS, f"{competency.key}: one of {DIMENSIONS}")
    _expect(len(set(competency.anchors)) == len(competency.anchors) == LEVELS, f"{competency.key}: five anchors")
    _expect(len(set(competency.examples)) == len(competency.examples) == LEVELS, f"{competency.key}: five examples")
    _expect(bool(competency.questions), f"{competency.key}: questions")
    return competency


def _question(row: Any) -> LibraryQuestion:
    follow_ups = {kind: _text(row["follow_ups"][kind]) for kind in KINDS}
    _expect(len(row["follow_ups"]) == len(KINDS), f"follow-ups of {KINDS} only")
    return LibraryQuestion(_text(row["text"]), follow_ups)


def _texts(listed: Any) -> tuple[str, ...]:
    _expect(isinstance(listed, Sequence) and not isinstance(listed, str) and len(listed) > 0, "a list of texts")
    return tuple(map(_text, listed))


def _text(value: Any) -> str:
    _expect(isinstance(value, str) and value.strip() == value != "", f"a text, not {value!r}")
    return str(value)


def _expect(true: bool, what: str) -> None:
    if not true:
        raise LibraryMalformed(f"expected {what}")
