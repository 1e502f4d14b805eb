"""A folded text as words, and what each may be read as: as it stands, or with look-alikes or leetspeak undone."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOOKALIKES = Path(__file__).parents[1] / "data" / "injection" / "lookalikes.json"

CJK = "\u3040-\u30ff\u3400-\u9fff"  # without spaces between words: each sign is a word
SEPARATORS = (
    r"\s!-#%-/:-?\[-`{-~\u00a1-\u00bf\u060c\u061b\u061f\u0964\u0965\u2000-\u206f\u2100-\u2bff\u3000-\u303f\uff00-\uff65"
)
WORD = re.compile(
    rf"[^{SEPARATORS}{CJK}\U0001f000-\U0001faff\ud800-\udfff]+|[{CJK}]"
    r"|[.!?;](?=[\s\"')\]}]|$)|[。！？；؟।=<>{}]|\n(?=[^\S\n]{0,9}\n)"
    rf"|(?<=[{CJK}]),"
)
STOPS = frozenset(".!?;。！？；؟।=<>{},\n")
SENTENCE_END = re.compile(r"(?:(?<![.!?;])[.!?;]++[\"')\]]?|[}\]>])(?= |$)|[。！？；؟।]|\n")
SPACED = re.compile(r"(?<![^\W_])[a-z](?:[ ._*~-]{1,4}[a-z](?![^\W_])){5,}+")
SHORTEST_LEET = 4
LEET = [str.maketrans("0134578@$", f"o{one}eastbas") for one in "il"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the folded text, or a stop that ends a sentence, with its places."""

    said: str
    start: int
    end: int


def split(text: str) -> list[Word]:
    """The words and stops of a folded text, in order."""
    return [Word(match[0], match.start(), match.end()) for match in WORD.finditer(text)]


def spaced_out(text: str) -> Iterator[tuple[int, int, list[Word]]]:
    """Runs of single letters, each with the words that wider gaps make of it."""
    for run in SPACED.finditer(text):
        yield run.start(), run.end(), list(_joined(run[0], run.start()))


def _joined(run: str, offset: int) -> Iterator[Word]:
    letters = re.finditer("[a-z]", run)
    said, start, end = "", 0, 0
    for letter in letters:
        if said and letter.start() - end > 1:
            yield Word(said, offset + start, offset + end)
            said = ""
        start = start if said else letter.start()
        said, end = said + letter[0], letter.end()
    yield Word(said, offset + start, offset + end)


def readings(said: str) -> Iterator[str]:
    """The word as it stands, then as other scripts, digits or signs may stand for its letters."""
    yield said
    if not said.isascii():
        yield from (said.translate(table) for table in _lookalikes())
    if len(said) >= SHORTEST_LEET and any(sign in said for sign in "0134578@$") and not said.isdigit():
        yield from (said.translate(table) for table in LEET)


def is_lookalike(letter: str) -> bool:
    """Whether a letter of another script passes for a Latin one."""
    return ord(letter.casefold()[0]) in _lookalikes()[0]


@cache
def _lookalikes() -> list[dict[int, str]]:
    """Tables to Latin letters (two, for a letter may resemble two) and one back to Cyrillic."""
    latin: dict[str, str] = json.loads(LOOKALIKES.read_text(encoding="utf-8"))["latin"]
    pairs = [(ord(odd), plain) for plain, odds in latin.items() for odd in odds]
    cyrillic = {ord(plain): odds[0] for plain, odds in latin.items() if "\u0400" <= odds[0] <= "\u052f"}
    return [dict(reversed(pairs)), dict(pairs), cyrillic]
