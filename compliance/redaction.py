"""What identifies a person is taken out of every text before it leaves for a model, and put back afterwards.

Found: the person's known names and addresses (also misspelt by one letter), e-mail addresses, phone numbers,
payment cards (Luhn), IBANs (mod 97) and US social security numbers. Ordinary numbers stay: durations, years,
amounts, dates. Every pattern takes linear time: repetitions are possessive or start only where a token starts.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from llm.filters import Redacted

DATA = Path(__file__).parent / "data" / "redaction.json"
SHORTEST_PART = 3  # letters of a name's part
SHORTEST_MISSPELT = 6

EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]++(?:\.[\w-]++)++")
IBAN = re.compile(r"(?<!\w)(?=([A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}))")
NUMBERS = re.compile(r"(?<![\w.,:+])[+(\d][\d ().\u00a0/-]*+")
GROUP = re.compile(r"\+?\(?[0-9]++\)?")
DIGITS = re.compile(r"[0-9]++")
DATE = re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2})(?!\d)")
SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
PLACEHOLDER = re.compile(r"\[[A-Z]{2,9}_\d{1,9}\]")
WORD = re.compile(r"[^\W\d_]++")
MOST_GROUPS = 8  # a phone or card number is never written in more
FEWEST_DIGITS, MOST_DIGITS = 8, 19
LONGEST_NUMBER = 37

Found = tuple[int, int, str]  # start, end, kind


def redact(text: str, known: tuple[str, ...] = ()) -> Redacted:
    """The text with stable placeholders such as [EMAIL_1]; `replaced` gives the originals back.

    The same value, in whatever case, has the same placeholder within one call.
    """
    taken = {match[0] for match in PLACEHOLDER.finditer(text)}  # typed by a person: never given to a value
    placeholders: dict[tuple[str, str], str] = {}
    counts: dict[str, int] = {}
    replaced: dict[str, str] = {}
    parts, end = [], 0
    for start, stop, kind in _without_overlaps(_found(text, known)):
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
    """Everything that identifies a person; spans may overlap."""
    found: list[Found] = [(match.start(), match.end(), "EMAIL") for match in EMAIL.finditer(text)]
    found += _ibans(text)
    for run in NUMBERS.finditer(text):
        found += _numbers(run[0], run.start())
    found += _names(text, known)
    return found


def _without_overlaps(found: list[Found]) -> Iterator[Found]:
    """In the order of the text; of two that overlap the one that begins first, then the longer."""
    last = 0
    for start, end, kind in sorted(found, key=lambda span: (span[0], -span[1])):
        if start >= last:
            yield start, end, kind
            last = end


# --- numbers -----------------------------------------------------------------------------------


def _ibans(text: str) -> Iterator[Found]:
    for match in IBAN.finditer(text):
        length = _data()["iban_lengths"].get(match[1][:2].upper())
        end = _end_after(match[1], length) if length else None
        if end and _mod_97("".join(match[1][:end].split()).upper()) == 1:
            yield match.start(), match.start() + end, "IBAN"


def _end_after(text: str, characters: int) -> int | None:
    """Where the text has had that many characters that are no spaces."""
    places = [place for place, character in enumerate(text) if character != " "]
    return places[characters - 1] + 1 if len(places) >= characters else None


def _mod_97(iban: str) -> int:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97


def _numbers(run: str, offset: int) -> Iterator[Found]:
    """Phone, card and social security numbers in a run of digit groups, which may hold other numbers too."""
    groups = [(match.start(), match.end()) for match in GROUP.finditer(run)]
    first = 0
    while first < len(groups):
        last = _last_group(run, groups, first)
        if last is not None:
            start, end = groups[first][0], groups[last][1]
            yield offset + start, offset + end, _kind(run[start:end]) or ""
        first = first + 1 if last is None else last + 1


def _last_group(run: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last group of the longest number that begins with this one; None for an ordinary number."""
    start = groups[first][0]
    furthest = min(first + MOST_GROUPS, len(groups)) - 1
    digits = sum(end - begin for begin, end in groups[first : furthest + 1])
    if digits < FEWEST_DIGITS + (run[start] not in "+(") or run[start - 1 : start] == ".":
        return None  # too few, or the rest of a decimal
    for last in range(furthest, first - 1, -1):
        if groups[last][1] - start <= LONGEST_NUMBER and _kind(run[start : groups[last][1]]):
            return last
    return None


def _kind(text: str) -> str | None:
    """What this number is, or None for an ordinary one."""
    sizes = [len(group) for group in DIGITS.findall(text)]
    count = sum(sizes)
    if not FEWEST_DIGITS <= count <= MOST_DIGITS or len(text) > count + 2 * len(sizes) + 2:
        return None
    if _is_phone(text, count, sizes):
        return "PHONE"
    if SSN.fullmatch(text):
        return "ID"
    digits = "".join(DIGITS.findall(text))
    return "CARD" if count >= 13 and digits[0] in "23456" and "." not in text and _luhn(digits) else None


def _is_phone(text: str, count: int, sizes: list[int]) -> bool:
    if text[0] == "+":
        return count <= 15 and not DATE.search(text)
    if text[0] == "0":
        return 9 <= count <= (15 if text.startswith("00") else 12) and text[1] != "." and not DATE.search(text)
    return (text.startswith("(0") and count <= 12) or sizes in ([3, 3, 4], [1, 3, 3, 4])


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


# --- names -------------------------------------------------------------------------------------


def _names(text: str, known: tuple[str, ...]) -> Iterator[Found]:
    """Known identifiers as a whole and in parts, with and without accents, and parts misspelt by one letter."""
    identifiers = {form for value in known for form in _forms(value) if form}
    parts = {word for form in identifiers if "@" not in form for word in WORD.findall(form)}
    parts = {part for part in parts if len(part) >= SHORTEST_PART}
    for identifier in sorted(identifiers, key=len, reverse=True):
        if len(WORD.findall(identifier)) > 1 or "@" in identifier:
            yield from _wholes(text, identifier)
    if not parts:
        return
    for word in WORD.finditer(text):
        if _names_a_person(word[0], parts):
            yield word.start(), word.end(), "NAME"


def _names_a_person(word: str, parts: set[str]) -> bool:
    folded = word.casefold()
    if folded in parts:
        return word[0].isupper() or folded not in _everyday_names()
    return _is_misspelt(word, folded, parts)


def _wholes(text: str, identifier: str) -> Iterator[Found]:
    words = r"\s+".join(re.escape(word) for word in identifier.split())
    kind = "EMAIL" if "@" in identifier else "NAME"
    for match in re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE):
        yield match.start(), match.end(), kind


def _forms(value: str) -> set[str]:
    """The value folded, composed and decomposed, and without its accents."""
    folded = unicodedata.normalize("NFC", value.strip()).casefold()
    apart = unicodedata.normalize("NFD", folded)
    return {folded, apart, "".join(c for c in apart if not unicodedata.combining(c))}


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
    return frozenset(_data()["everyday_names"])


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text())
    return data
