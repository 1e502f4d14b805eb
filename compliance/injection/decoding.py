"""What a text carries in another coding (base64, hexadecimal, percent signs, entities, escapes) or unseen."""

import base64
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus

from compliance.injection.normalising import is_unseen

MOST_DECODED = 20_000  # characters of one text, so that reading it again stays cheap
FEWEST_READABLE = 8
MOST_UNREADABLE = 0.05
FEWEST_LETTERS = 0.6
BEFORE_PERCENT = 80  # characters of the same word before its first percent sign

BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}+={0,2}")
HEXADECIMAL = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?((?:[0-9a-fA-F]{2}[ :]?){8,}+)")
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}[^\s%]{0,80}+){2,}+")
ENTITIES = re.compile(r"(?:&#?[0-9a-zA-Z]{1,8};[^&\n]{0,3}){4,}+")
ESCAPE = re.compile(r"\\[ux]([0-9a-fA-F]{2,4})")
ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}){4,}+")
BINARY = re.compile(r"(?<![01])(?:[01]{8} ?){4,}+")

FLAG = "\U0001f3f4"  # a black flag with tags is that of a region
LONGEST_FLAG = 7  # tags: up to six letters and the end
UNSEEN = re.compile(
    "[\U000e0001-\U000e007f]{4,}+"  # tags, which mirror ASCII
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}+"  # selectors, one for each byte
    "|[\u200b-\u200d\u2060-\u2064\ufeff\u180e]{12,}+"  # zero widths as bits
)
OVERRIDDEN = re.compile("\u202e(?:[^\\W\\d_\u0590-\u08ff]|[ ,.:;=+-]){6,}+")  # letters that run left to right anyway
LETTER = "A-Za-z\u00c0-\u024f\u0370-\u04ff"
BETWEEN_LETTERS = re.compile(rf"(?<=[{LETTER}])[\u200b-\u200d\u2060-\u2064\ufeff\u180e]+(?=[{LETTER}])")
FEWEST_BETWEEN = 4
STYLED = ("<font", "<circle", "<square", "<wide")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of the text and what it says in plain words."""

    start: int
    end: int
    said: str


def fragments(text: str) -> Iterator[Fragment]:
    """Everything that can be decoded to words, within the bound on its size."""
    left = MOST_DECODED
    for pattern, decode in CODINGS:
        for match in pattern.finditer(text):
            start = _word_start(text, match.start()) if pattern is PERCENT else match.start()
            said = _readable(decode(text[start : min(match.end(), start + MOST_DECODED * 2)]))
            if said and left > 0:
                yield Fragment(start, match.end(), said[:left])
                left -= len(said)


def unseen(text: str) -> Iterator[tuple[str, int, int]]:
    """Rule, start and end of what nobody sees and nobody types: runs of it, or letters turned round or hidden by it."""
    if text.isascii():
        return
    for match in UNSEEN.finditer(text):
        if not (text[match.start() - 1 : match.start()] == FLAG and len(match[0]) <= LONGEST_FLAG):
            yield "unseen", match.start(), match.end()
    for match in OVERRIDDEN.finditer(text):
        yield "overridden", match.start(), match.end()
    between = list(BETWEEN_LETTERS.finditer(text))
    if len(between) >= FEWEST_BETWEEN:
        yield from (("hidden_in_words", match.start(), match.end()) for match in between)


def hides(written: str) -> bool:
    """Whether characters that show nothing stand in the words."""
    return not written.isascii() and any(map(is_unseen, set(written)))


def is_styled(written: str) -> bool:
    """Whether letters stand there as mathematical, enclosed or wide signs."""
    return not written.isascii() and any(
        character.isalnum() and unicodedata.decomposition(character).startswith(STYLED) for character in set(written)
    )


def _word_start(text: str, place: int) -> int:
    """Where the word began that this place is in, not far before."""
    before = text[max(0, place - BEFORE_PERCENT) : place]
    return place - len(before) + max(before.rfind(space) for space in " \n\t") + 1


def _bytes(numbers: Iterable[int]) -> str:
    return bytes(numbers).decode("utf-8", "replace")


def _from_bits(bits: str) -> str:
    whole = len(bits) // 8 * 8
    return _bytes(int(bits[place : place + 8], 2) for place in range(0, whole, 8))


def _base64(run: str) -> str:
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    run = run[:-1] if len(run) % 4 == 1 else run
    return _bytes(base64.b64decode(run + "=" * (-len(run) % 4)))


def _hexadecimal(run: str) -> str:
    digits = re.sub("[ :]", "", run.removeprefix("0x").removeprefix("0X"))
    return _bytes(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _escapes(run: str) -> str:
    return ESCAPE.sub(lambda match: chr(int(match[1], 16)), run)


def _readable(said: str) -> str:
    """The decoded text if it is mostly words, or a coding again; else nothing."""
    unreadable = sum(
        not (character.isprintable() or character in "\n\t") or character == "\ufffd" for character in said
    )
    letters = sum(character.isalnum() or character == " " or "\u0900" <= character <= "\u0dff" for character in said)
    words = letters >= max(FEWEST_READABLE, FEWEST_LETTERS * len(said))
    return said if words and unreadable <= MOST_UNREADABLE * len(said) else ""


CODINGS: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (BASE64, _base64),
    (HEXADECIMAL, _hexadecimal),
    (PERCENT, unquote_plus),
    (ENTITIES, html.unescape),
    (ESCAPES, _escapes),
    (BINARY, lambda run: _from_bits(run.replace(" ", ""))),
)
