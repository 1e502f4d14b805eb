"""What identifies a person is taken out of every text before it leaves for a model, and put back afterwards.

Found: the person's known names and addresses (also misspelt by one letter, joined or spaced out), e-mail addresses,
phone numbers, payment cards (Luhn), IBANs (mod 97) and US social security numbers, in whatever typography. Ordinary
numbers stay: durations, years, amounts, dates. Every pattern takes linear time: repetitions are possessive or start
only where a token starts.
"""

import re
from collections.abc import Iterator

from compliance import names, numbers
from compliance.typography import fold
from llm.filters import Redacted

EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)++")
PLACEHOLDER = re.compile(r"\[[A-Z]{2,9}_\d{1,9}\]")

Found = tuple[int, int, str]  # start, end, kind


def redact(text: str, known: tuple[str, ...] = ()) -> Redacted:
    """The text with stable placeholders such as [EMAIL_1]; `replaced` gives the originals back.

    The same value, in whatever case, has the same placeholder within one call. In another typography it has another
    placeholder, so that each span comes back as it was written.
    """
    taken = {match[0] for match in PLACEHOLDER.finditer(text)}  # typed by a person: never given to a value
    placeholders: dict[tuple[str, str], str] = {}
    counts: dict[str, int] = {}
    replaced: dict[str, str] = {}
    parts, end = [], 0
    for start, stop, kind in _merged(_found(text, known)):
        value = (kind, text[start:stop].casefold())
        if value not in placeholders:
            placeholders[value] = _new_placeholder(kind, counts, taken)
            replaced[placeholders[value]] = text[start:stop]
        parts += [text[end:start], placeholders[value]]
        end = stop
    return Redacted(text="".join((*parts, text[end:])), replaced=replaced)


def _new_placeholder(kind: str, counts: dict[str, int], taken: set[str]) -> str:
    while True:
        counts[kind] = counts.get(kind, 0) + 1
        placeholder = f"[{kind}_{counts[kind]}]"
        if placeholder not in taken:
            return placeholder


def _found(text: str, known: tuple[str, ...]) -> list[Found]:
    """Everything that identifies a person, in the text and in its plain typography; spans may overlap."""
    wanted = names.prepare(known)
    found = list(_seen(text, wanted))
    if not text.isascii():  # plain already
        folded = fold(text)
        if folded.text == text:
            return found
        found += [(*folded.original(start, end), kind) for start, end, kind in _seen(folded.text, wanted)]
    return found


def _seen(text: str, wanted: names.Names) -> Iterator[Found]:
    for match in EMAIL.finditer(text):
        yield match.start(), match.end(), "EMAIL"
    yield from numbers.find(text)
    yield from names.find(text, wanted)


def _merged(found: list[Found]) -> list[Found]:
    """In the order of the text; two that overlap are one, of the kind of the one that begins first or is longer.

    Only an IBAN stays as it is, for its length is known: what seems to go on after it is another number.
    """
    merged: list[Found] = []
    for start, end, kind in sorted(found, key=lambda span: (span[0], -span[1])):
        if not merged or start >= merged[-1][1]:
            merged.append((start, end, kind))
        elif end > merged[-1][1] and merged[-1][2] != "IBAN":
            merged[-1] = (merged[-1][0], end, merged[-1][2])
    return merged
