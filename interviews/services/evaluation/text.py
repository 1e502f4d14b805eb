"""Words, stems and sentences of English text, with offsets into the original."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d[\d.,]*%?")
# A sentence ends at its mark, or at the end of a line.
SENTENCE = re.compile(r"[^.!?…\n]*+(?:[.!?…](?=\S)[^.!?…\n]*+)*+[.!?…]*+")
ENDINGS = (
    *(
        "ization",
        "isation",
        "ational",
        "fulness",
        "iveness",
        "ations",
        "ation",
        "ments",
        "ment",
        "ness",
        "ingly",
        "ings",
    ),
    *(
        "edly",
        "ing",
        "ies",
        "ied",
        "ers",
        "est",
        "ity",
        "ive",
        "ions",
        "ion",
        "als",
        "er",
        "ed",
        "ly",
        "al",
        "es",
        "s",
        "e",
        "y",
    ),
)
SHORTEST_STEM = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its place in the answer, in code points."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """Words and numbers in lower case, apostrophes straight."""
    return [match[0] for match in WORD.finditer(text.lower().replace("’", "'"))]


@lru_cache(maxsize=8192)  # people say the same words
def stem(word: str) -> str:
    """A word without its ending, so that "measured" and "measuring" are one."""
    word = word.partition("'")[0]
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of an answer, without the white space around them."""
    for match in SENTENCE.finditer(text):
        body = match[0].strip()
        if body:
            start = match.start() + match[0].index(body)
            yield Sentence(body, start, start + len(body))
