"""The rules of the detector (compliance/data/injection/rules.json), read and compiled once.

A phrase is a row of elements: a word, `word*` for any ending, `@group` for the words of a group, `a|b` for one of
several, `…` for up to a few words between. `^` before a phrase wants an order: nobody in front of it who does it,
and no word that makes a noun of it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from compliance.injection import words
from compliance.injection.normalising import normalise

DATA = Path(__file__).parents[1] / "data" / "injection" / "rules.json"
GAP = 4  # words that `…` may stand for
GAP_CJK = 8  # signs, where there are no spaces

Element = dict[str, list[tuple[str, ...]]] | int  # first word -> the rows of words that begin with it; or a gap


@dataclass(frozen=True, slots=True)
class Rule:
    """What a match of one kind is worth; a text is flagged from 1.0 on."""

    name: str
    family: str
    weight: float


@dataclass(frozen=True, slots=True)
class Phrase:
    rule: Rule
    elements: tuple[Element, ...]
    language: str
    order: bool


@dataclass(frozen=True, slots=True)
class Together:
    """Groups whose words stand in one sentence, in any order."""

    rule: Rule
    groups: tuple[str, ...]


@dataclass(slots=True)
class Rules:
    """All phrases by the first word of each, and the words and stems that any of them knows."""

    version: int
    narrators: dict[str, frozenset[str]]
    determiners: dict[str, frozenset[str]]
    tellers: dict[str, frozenset[str]]
    reporters: frozenset[str]
    small_words: dict[str, frozenset[str]]
    english_too: tuple[str, ...]
    weights: dict[str, Rule]
    structures: dict[str, Any]
    beginning: dict[str, list[Phrase]] = field(default_factory=lambda: defaultdict(list))
    together: dict[str, list[Together]] = field(default_factory=lambda: defaultdict(list))
    grouped: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=lambda: defaultdict(list))
    known: set[str] = field(default_factory=set)
    stems: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def atoms(self, said: str) -> frozenset[str]:
        """What the phrases know the word as: itself, and each stem it begins with."""
        found = {said} if said in self.known else set()
        for length, stems in self.stems.items():
            if said[:length] in stems:
                found.add(said[:length] + "*")
        return frozenset(found)

    def is_english(self, said: str) -> bool:
        """Whether a word of another language could as well be an English one."""
        return said.isdigit() or any(
            said.startswith(word[:-1]) if word.endswith("*") else said == word for word in self.english_too
        )


@dataclass(slots=True)
class Elements:
    """The elements of phrases, each made once, so that what is worked out for one holds for all that are the same."""

    groups: dict[str, dict[str, list[str]]]
    made: dict[tuple[str, str], dict[str, list[tuple[str, ...]]]] = field(default_factory=dict)

    def of(self, part: str, language: str) -> dict[str, list[tuple[str, ...]]]:
        if (part, language) not in self.made:
            self.made[part, language] = self._make(part, self.groups[language])
        return self.made[part, language]

    def _make(self, part: str, groups: dict[str, list[str]]) -> dict[str, list[tuple[str, ...]]]:
        rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for choice in part.split("|"):
            for written in groups[choice[1:]] if choice.startswith("@") else [choice]:
                row = _row(written)
                if row not in rows[row[0]]:
                    rows[row[0]].append(row)
        return dict(rows)


@cache
def rules() -> Rules:
    """The compiled data file."""
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    weights = {name: Rule(name, entry["family"], entry["weight"]) for name, entry in data["rules"].items()}
    compiled = Rules(
        version=data["version"],
        narrators=_folded_each(data["narrators"]),
        determiners=_folded_each(data["determiners"]),
        tellers=_folded_each(data["tellers"]),
        reporters=_folded(data["reporters"]),
        small_words=_folded_each(data["small_words"]),
        english_too=tuple(data["english_too"]),
        weights=weights,
        structures=data["structures"],
    )
    groups = data["groups"]
    elements = Elements(groups)
    for name, entry in data["rules"].items():
        for language, phrase in _by_language(entry.get("phrases", {}), groups):
            _add(compiled, _compile(phrase, weights[name], elements, language))
        for language, names in _by_language(entry.get("together", {}), groups):
            _add_together(compiled, Together(weights[name], tuple(f"{language}:{group}" for group in names)), elements)
    return compiled


def _folded(listed: list[str]) -> frozenset[str]:
    return frozenset(normalise(word).text for word in listed)


def _folded_each(listed: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {language: _folded(spelt) for language, spelt in listed.items()}


def _by_language(listed: dict[str, list[Any]], groups: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each entry with its language; those of `*` are made of groups alone and hold for all but English."""
    for language, entries in listed.items():
        languages = [other for other in groups if other != "en"] if language == "*" else [language]
        yield from ((each, entry) for each in languages for entry in entries)


def _add(compiled: Rules, phrase: Phrase) -> None:
    for element in phrase.elements:
        if isinstance(element, dict):
            _learn(compiled, (row for rows in element.values() for row in rows))
    first = phrase.elements[0]
    assert isinstance(first, dict), "a phrase begins with a word"
    for word in first:
        compiled.beginning[word].append(phrase)


def _add_together(compiled: Rules, together: Together, elements: Elements) -> None:
    for key in together.groups:
        language, group = key.split(":")
        if key not in compiled.together:
            rows = [row for choices in elements.of(f"@{group}", language).values() for row in choices]
            _learn(compiled, rows)
            for row in rows:
                compiled.grouped[row[0]].append((key, row))
        compiled.together[key].append(together)


def _learn(compiled: Rules, rows: Iterable[tuple[str, ...]]) -> None:
    for word in (word for row in rows for word in row):
        if word.endswith("*"):
            compiled.stems[len(word) - 1].add(word[:-1])
        else:
            compiled.known.add(word)


def _compile(phrase: str, rule: Rule, elements: Elements, language: str) -> Phrase:
    order, parts = phrase.startswith("^"), phrase.removeprefix("^").split()
    gap = GAP_CJK if language in ("zh", "ja") else GAP
    return Phrase(rule, tuple(gap if part == "…" else elements.of(part, language) for part in parts), language, order)


def _row(written: str) -> tuple[str, ...]:
    """The words of one spelling, folded as a text is; a star stays with its word."""
    row: list[str] = []
    for part in written.split():
        said = [word.said for word in words.split(normalise(part.rstrip("*")).text)]
        row += [*said[:-1], said[-1] + "*" * part.endswith("*")]
    return tuple(row)
