"""Known names in a text: whole, in parts, misspelt by one letter, joined (adalovelace) and spaced out (A d a)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations

from compliance.typography import fold
from compliance.wordlists import data

SHORTEST_PART = 3  # letters of a name's part
SHORTEST_MISSPELT = 6
SHORTEST_JOINED = 6  # of two long parts: "annlee", as a word of its own
SHORTEST_HANDLE = 7  # an initial and a long part: "alovelace", as a word of its own
SHORTEST_INSIDE = 8  # "adalovelace", also inside a longer word
SHORTEST_SPACED_WHOLE = 4  # "B o L i"
MOST_JOINED = 6  # parts that are joined in twos, so that a long name takes no long time

WORD = re.compile(r"[^\W\d_]++")
SPACE = r"[^\S\x1c-\x1f]"  # no match goes over the separator of two messages (llm.filters.BETWEEN)
SPACED = re.compile(rf"(?<![^\W\d_])[^\W\d_](?:(?:{SPACE}|[._-]){{1,3}}+[^\W\d_](?![^\W\d_]))++")

Found = tuple[int, int, str]  # start, end, kind


@dataclass(frozen=True, slots=True)
class Names:
    """What is looked for, case-folded."""

    wholes: list[str]
    parts: set[str]
    inside: set[str]  # joined, anywhere in a word
    words: set[str]  # joined, a word of its own
    spaced: set[str]


def prepare(known: tuple[str, ...]) -> Names:
    """Each identifier in the forms in which it is looked for."""
    identifiers = {form for value in known for form in _forms(value) if form}
    named = [form for form in identifiers if "@" not in form]
    parts = {part for form in named for part in _parts(form) if len(part) >= SHORTEST_PART}
    joined = {whole for form in named for whole in _joined(WORD.findall(form))}
    inside = {form for form in joined if len(form) >= SHORTEST_INSIDE}
    handles = {handle for form in named for handle in _handles(WORD.findall(form))}
    spelt = {"".join(WORD.findall(form)) for form in named}
    return Names(
        wholes=sorted((i for i in identifiers if len(WORD.findall(i)) > 1 or "@" in i), key=len, reverse=True),
        parts=parts,
        inside=inside,
        words=(joined | handles) - inside,
        spaced=parts | joined | {form for form in spelt if len(form) >= SHORTEST_SPACED_WHOLE},
    )


def find(text: str, names: Names) -> Iterator[Found]:
    """Known identifiers as a whole and in parts, with and without accents, and parts misspelt by one letter."""
    for identifier in names.wholes:
        yield from _wholes(text, identifier)
    if not names.spaced:
        return
    for word in WORD.finditer(text):
        if _names_a_person(word[0], names):
            yield word.start(), word.end(), "NAME"
        elif len(word[0]) >= SHORTEST_INSIDE:
            for start, end in _occurrences(word[0], names.inside):
                yield word.start() + start, word.start() + end, "NAME"
    for run in SPACED.finditer(text):
        yield from _spaced_out(run[0], run.start(), names.spaced)


def _names_a_person(word: str, names: Names) -> bool:
    folded = word.casefold()
    if folded in names.words:
        return True
    if folded in names.parts:
        return word[0].isupper() or folded not in _everyday_names()
    return _is_misspelt(word, folded, names.parts)


def _wholes(text: str, identifier: str) -> Iterator[Found]:
    words = rf"{SPACE}+".join(re.escape(word) for word in identifier.split())
    kind = "EMAIL" if "@" in identifier else "NAME"
    for match in re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE):
        yield match.start(), match.end(), kind


def _spaced_out(run: str, offset: int, wanted: set[str]) -> Iterator[Found]:
    """Names in a run of single letters; their places in the text are those of their first and last letter."""
    places = [match.start() for match in WORD.finditer(run)]
    letters = "".join(run[place] for place in places)
    for start, end in _occurrences(letters, wanted):
        if letters[start].isupper() or letters[start:end].casefold() not in _everyday_names():
            yield offset + places[start], offset + places[end - 1] + 1, "NAME"


def _occurrences(letters: str, wanted: Iterable[str]) -> Iterator[tuple[int, int]]:
    folded = letters.casefold()
    same_length = len(folded) == len(letters)  # "ß" grows: then the whole word goes
    for form in wanted:
        start = folded.find(form)
        while start >= 0:
            end = start + len(form)
            yield (start, end) if same_length else (0, len(letters))
            start = folded.find(form, end)


# --- the forms of a name ------------------------------------------------------------------------


def _forms(value: str) -> set[str]:
    """The value in plain typography, case-folded, with and without its accents."""
    folded = unicodedata.normalize("NFC", fold(value).text.strip().casefold())
    apart = unicodedata.normalize("NFD", folded)
    return {folded, "".join(c for c in apart if not unicodedata.combining(c))}


def _parts(form: str) -> Iterator[str]:
    """Its words, and what an apostrophe or a hyphen joins as one: "o'brien" is also written "obrien"."""
    yield from WORD.findall(form)
    for written in form.split():
        yield "".join(WORD.findall(written))


def _joined(words: list[str]) -> Iterator[str]:
    """The whole name, last word first too, and any two of its long parts, written as one word."""
    pairs = permutations(_long(words), 2)
    yield from (first + second for first, second in pairs if len(first + second) >= SHORTEST_JOINED)
    if len(words) > 1:
        wholes = ("".join(words), "".join((*words[1:], words[0])), "".join((words[-1], *words[:-1])))
        yield from (whole for whole in wholes if len(whole) >= SHORTEST_INSIDE)


def _handles(words: list[str]) -> Iterator[str]:
    """An initial and a long part."""
    for first, second in permutations(words[:MOST_JOINED], 2):
        if len(second) >= SHORTEST_HANDLE - 1:
            yield first[0] + second


def _long(words: list[str]) -> list[str]:
    return [word for word in words if len(word) >= SHORTEST_PART][:MOST_JOINED]


# --- misspelt -----------------------------------------------------------------------------------


def _is_misspelt(word: str, folded: str, parts: set[str]) -> bool:
    """Whether a capitalised word is one letter away from a long enough part of the name."""
    if len(folded) < SHORTEST_MISSPELT - 1 or not word[0].isupper():
        return False
    return any(
        len(part) >= SHORTEST_MISSPELT and folded[0] == part[0] and _one_letter_apart(folded, part) for part in parts
    )


def _one_letter_apart(first: str, second: str) -> bool:
    """One letter more, less or other, or two neighbours swapped."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next((place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if start is None:
        return len(first) != len(second)
    a, b = first[start:], second[start:]
    swapped = len(a) > 1 and a[0] + a[1] == b[1:2] + b[0] and a[2:] == b[2:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or swapped


@cache
def _everyday_names() -> frozenset[str]:
    return frozenset(data()["everyday_names"])
