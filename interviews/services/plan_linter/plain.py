"""A text as the word lists read it, each character with its place in the original."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from interviews.services.interviewer import phrases, sentences
from interviews.services.interviewer.phrases import Pattern

FILE = "plan_lint"

Place = tuple[int, int]  # from and to, in code points of the original


@dataclass(frozen=True, slots=True)
class Plain:
    """A piece of a text in plain form; `places` says where each of its characters stands in the original."""

    text: str
    places: Sequence[int]

    def place(self, start: int, end: int) -> Place:
        """Where this part of the plain text stands; never empty."""
        last = max(start, end - 1)
        return self.places[start], self.places[last] + 1

    def found(self, name: str, harmless: str = "") -> Place | None:
        """Where the first phrase of a list stands, those of `harmless` read over."""
        match = listed(name).search(self.without(harmless))
        return self.place(*match.span()) if match else None

    def without(self, harmless: str) -> str:
        """The text with its harmless phrases blanked out; as long as it was."""
        if not harmless:
            return self.text
        return listed(harmless).sub(lambda match: ";" * len(match[0]), self.text)


@cache
def listed(name: str) -> Pattern:
    """The phrases of a list of the data file, as one pattern."""
    return phrases.pattern(FILE, name)


@cache
def compiled(listed_phrases: tuple[str, ...]) -> Pattern:
    """These phrases as one pattern."""
    return phrases.compiled(listed_phrases)


def limit(name: str) -> float:
    return float(phrases.data(FILE)["limits"][name])


def plain(text: str, start: int = 0) -> Plain:
    """The text in plain form; `start` is where it begins in the original."""
    if text.isascii():
        return Plain(phrases.EMPHASIS.sub(_blank, text.lower()), range(start, start + len(text)))
    folded = [(_folded(character), place) for place, character in enumerate(text, start)]
    places = [place for character, place in folded for _ in character]
    return Plain("".join(character for character, _ in folded), places)


def cut(text: str) -> tuple[Plain, ...]:
    """The sentences of the text that have a word."""
    found, start = [], 0
    for piece in sentences.split(text, final=True)[0]:
        if any(map(str.isalnum, piece)):
            found.append(plain(piece, start))
        start += len(piece)
    return tuple(found)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    return phrases.plain(character)
