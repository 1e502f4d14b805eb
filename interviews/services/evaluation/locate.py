"""Quotes: found word for word in a candidate's answer, or dropped.

Compared by NFKC, case and white space; typographic quotes and dashes count as plain ones. The offsets are those
of the original text.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from interviews.services.evaluation.types import Answer, Span

SHORTEST = 12  # characters: "the" proves nothing
FEWEST_WORDS = 3
ELLIPSIS = "..."  # what "…" becomes under NFKC: a quote with a gap is two quotes
FIRST_WITHOUT_SPACES = "\u2e80"  # from here on scripts that write no spaces between words
PLAIN = str.maketrans({**dict.fromkeys("‘’‛′", "'"), **dict.fromkeys("“”„‟″", '"'), **dict.fromkeys("‐‑‒–—―", "-")})


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text as it is compared, and for each of its characters where it stands in the original."""

    text: str
    starts: list[int]
    ends: list[int]


def find(quote: str, answers: Sequence[Answer]) -> Span | None:
    """Where the quote stands in the first answer that holds it; None if in none, or if it is too short to be proof."""
    wanted = _fold(quote).text
    if not _is_evidence(wanted):
        return None
    for answer in answers:
        place = _find(wanted, _fold(answer.text))
        if place is not None:
            return Span(answer.turn_id, *place)
    return None


def within(text: str) -> Callable[[str], Iterator[tuple[int, int]]]:
    """A search of this text for words of any length: each place where they stand, from its beginning on."""
    folded = _fold(text)
    return lambda words: _places(_fold(words).text, folded)


def is_long_enough(text: str) -> bool:
    """Whether this much of an answer can be a quote."""
    return _is_evidence(_fold(text).text)


def is_without_spaces(character: str) -> bool:
    """Whether it is a letter of a script that writes no spaces between words; emoji are none."""
    return character >= FIRST_WITHOUT_SPACES and character.isalpha()


def _is_evidence(folded: str) -> bool:
    spaced = len(folded.split()) >= FEWEST_WORDS or any(map(is_without_spaces, folded))
    return len(folded) >= SHORTEST and spaced and ELLIPSIS not in folded


def _find(wanted: str, folded: _Folded) -> tuple[int, int] | None:
    """Offsets of the first occurrence that begins and ends between words."""
    return next(_places(wanted, folded), None)


def _places(wanted: str, folded: _Folded) -> Iterator[tuple[int, int]]:
    place = folded.text.find(wanted) if wanted else -1
    while place >= 0:
        end = place + len(wanted)
        if _between_words(folded, place) and _between_words(folded, end):
            yield folded.starts[place], folded.ends[end - 1]
        place = folded.text.find(wanted, place + 1)


def _between_words(folded: _Folded, place: int) -> bool:
    """Whether a quote may begin or end here: not inside a word, nor inside what was one character."""
    if not 0 < place < len(folded.text):
        return True
    if folded.starts[place - 1] == folded.starts[place]:
        return False
    before, after = folded.text[place - 1], folded.text[place]
    return not (before.isalnum() and after.isalnum() and before < FIRST_WITHOUT_SPACES)


def _fold(text: str) -> _Folded:
    """NFKC, case-folded, white space collapsed and trimmed."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        for character in _folded_cluster(text[start:end]):
            space = character.isspace()
            if space and (not folded or folded[-1] == " "):
                continue
            folded.append(" " if space else character)
            starts.append(start)
            ends.append(end)
    if folded and folded[-1] == " ":
        del folded[-1], starts[-1], ends[-1]
    return _Folded("".join(folded), starts, ends)


def _folded_cluster(cluster: str) -> str:
    visible = "".join(character for character in cluster if unicodedata.category(character) != "Cf")
    composed = unicodedata.normalize("NFKC", visible).translate(PLAIN).casefold()
    return unicodedata.normalize("NFKC", composed)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Bounds of what composes together: a character and the marks (or Hangul vowels and tails) after it."""
    bounds: list[tuple[int, int]] = []
    for place, character in enumerate(text):
        joins = unicodedata.category(character).startswith("M") or "\u1160" <= character <= "\u11ff"
        if joins and bounds:
            bounds[-1] = (bounds[-1][0], place + 1)
        else:
            bounds.append((place, place + 1))
    return bounds
