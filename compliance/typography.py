"""A text as plain typography, with the way back: what is found in the plain copy is taken out of the original.

Nobody who writes a phone number with non-breaking hyphens, thin spaces or fullwidth digits means to hide it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_CLUSTER = 16  # a letter and its marks: normalising takes the square of their number
INVISIBLE = frozenset("\u034f\u115f\u1160\u20e3\u3164\uffa0" + "".join(map(chr, range(0xFE00, 0xFE10))))
DASHES = frozenset("\u2212\u02d7\u2043")  # used as dashes, though no dash (Pd) by category
PLAIN = str.maketrans(dict.fromkeys("‘’‛′ʼ", "'"))
NOT_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")  # with the letter before it, which may take its marks
FULL_STOP = re.compile(
    r"(?<=\w)(?<![\u2e80-\U0010ffff])。(?![\u2e80-\U0010ffff])(?=\w)"
)  # between Chinese signs it ends a sentence
MIDDLE_DOT = re.compile(r"(?<=[\d)])[·•‧∙・](?=[\d(])")
LONG_VOWEL = re.compile(r"(?<=[\d)])ー(?=[\d(])")  # the key that is a hyphen on a Japanese keyboard


@dataclass(frozen=True, slots=True)
class Folded:
    """The plain copy, and for each of its characters where it stands in the original."""

    text: str
    starts: list[int]
    ends: list[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that holds this span of the plain copy."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """NFKC without invisible characters; every dash `-`, every space of a line " ", every decimal digit ASCII."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    for odd in NOT_ASCII.finditer(text):
        _keep(text, place, odd.start(), folded, starts, ends)
        for start, end in _clusters(odd[0]):
            for character in _plain(odd[0][start:end]):
                folded.append(character)
                starts.append(odd.start() + start)
                ends.append(odd.start() + end)
        place = odd.end()
    _keep(text, place, len(text), folded, starts, ends)
    plain = FULL_STOP.sub(".", "".join(folded))
    return Folded(LONG_VOWEL.sub("-", MIDDLE_DOT.sub(".", plain)), starts, ends)


def _keep(text: str, start: int, end: int, folded: list[str], starts: list[int], ends: list[int]) -> None:
    """What is plain already, in one piece: nearly all of most texts."""
    folded.extend(text[start:end])
    starts.extend(range(start, end))
    ends.extend(range(start + 1, end + 1))


def _clusters(text: str) -> list[tuple[int, int]]:
    """Bounds of what composes together: a letter and the marks (or Hangul vowels and tails) after it."""
    bounds: list[tuple[int, int]] = []
    base = False  # only a letter takes marks, never the separator between two messages
    for place, character in enumerate(text):
        if base and _joins(character) and place - bounds[-1][0] < LONGEST_CLUSTER:
            bounds[-1] = (bounds[-1][0], place + 1)
        else:
            bounds.append((place, place + 1))
            base = character.isalnum()
    return bounds


def _joins(character: str) -> bool:
    return character > "\u02ff" and (
        unicodedata.category(character).startswith("M") or "\u1160" <= character <= "\u11ff"
    )


@lru_cache(maxsize=4096)
def _plain(cluster: str) -> str:
    if cluster.isascii():
        return cluster
    visible = "".join(c for c in cluster if unicodedata.category(c) != "Cf" and c not in INVISIBLE)
    composed = unicodedata.normalize("NFKC", visible)
    if len(composed) > len(visible) and not composed.isalpha():
        return cluster  # a ligature is unfolded; an ellipsis would be a dot of an address, a fraction a longer number
    return "".join(map(_plain_character, composed)).translate(PLAIN)


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character in DASHES:
        return "-"
    return " " if category == "Zs" else character
