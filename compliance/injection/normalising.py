"""A text as a model would understand it, with the way back to what was written.

Case, accents, typography and what nobody sees are folded away, so that a rule is written once.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat

MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u20d0-\u20f0]"
)
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
QUOTES = dict.fromkeys("‘’‛′ʼ`´", "'") | dict.fromkeys("“”„‟«»″", '"')
LETTERS = dict(
    zip("ıłøđħŧæœßەیکىة", ("i", "l", "o", "d", "h", "t", "ae", "oe", "ss", "ه", "ي", "ك", "ي", "ه"), strict=True)
)
OVERRIDES = re.compile("[\u202d\u202e]")
OVERRIDDEN = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]*)")


@dataclass(frozen=True, slots=True)
class Plain:
    """The folded text, and for each of its characters the place in the original that it came from."""

    text: str
    places: range | list[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original that holds this span of the folded text."""
        held = self.places[start:end]
        return min(held), max(held) + 1


class _Folded(dict[int, str]):
    """code point -> what it folds to, worked out once for each."""

    def __missing__(self, point: int) -> str:
        self[point] = folded = _fold_character(chr(point))
        return folded


_FOLDED = _Folded()


def normalise(text: str, places: range | list[int] | None = None) -> Plain:
    """Small letters without accents; every space of a line " ", every dash "-", every digit ASCII; nothing unseen.

    `places` says where each character of the text stands, where that is not simply its own place.
    """
    places = range(len(text)) if places is None else places
    folded = text.translate(_FOLDED)
    lengths = {character: len(_FOLDED[ord(character)]) for character in set(text)}
    if all(length == 1 for length in lengths.values()):
        return Plain(folded, places)
    times = map(lengths.__getitem__, text)
    return Plain(folded, list(chain.from_iterable(map(repeat, places, times))))


def as_shown(text: str) -> Plain | None:
    """The text as a screen shows it, where a right-to-left override turns parts of it round."""
    if "\u202e" not in text:
        return None
    places = list(range(len(text)))
    for run in OVERRIDDEN.finditer(text):
        places[run.start(1) : run.end(1)] = reversed(range(run.start(1), run.end(1)))
    return normalise("".join(map(text.__getitem__, places)), places)


def backwards(plain: Plain) -> Plain:
    """The text read from its end."""
    return Plain(plain.text[::-1], list(plain.places)[::-1])


@cache
def is_unseen(character: str) -> bool:
    """Whether the character shows nothing and is no space: joiners, bidi marks, tags, selectors, fillers."""
    return unicodedata.category(character) == "Cf" or UNSEEN.match(character) is not None


def _fold_character(character: str) -> str:
    if is_unseen(character) or MARKS.match(character):
        return ""
    if character in "\n\r\u2028\u2029\x0b\x0c\x85":
        return "\n"
    compatible = unicodedata.normalize("NFKD", character).casefold()
    apart = unicodedata.normalize("NFC", MARKS.sub("", unicodedata.normalize("NFKD", compatible)))
    return "".join(map(_plain, apart))


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character in "\u2212\u02d7\u2043":
        return "-"
    if category in ("Zs", "Cc") and character != "\n":
        return " "
    return LETTERS.get(character) or QUOTES.get(character) or character
