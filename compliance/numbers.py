"""Numbers that identify a person: IBANs, payment cards, US social security numbers and phone numbers.

A phone number is told by its shape, or by the word before it ("call 176 1234567").
"""

import re
from collections.abc import Iterator
from functools import cache

from compliance.wordlists import data

IBAN = re.compile(r"(?<!\w)(?=([A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}))")
NUMBERS = re.compile(r"(?<![\w.,:+])[+(\d][\d ().\u00a0/-]*+")
GROUP = re.compile(r"\+?\(?[0-9]++\)?")
DIGITS = re.compile(r"[0-9]++")
DATE = re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}|(?:19|20)\d{2}[./-]\d{1,2}[./-]\d{1,2})(?!\d)")
SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
YEARS = re.compile(r"(?:(?:19|20)\d\d\W*+)++")
MOST_GROUPS = 8  # a phone or card number is never written in more
FEWEST_DIGITS, MOST_DIGITS = 8, 19
LONGEST_NUMBER = 37

# Without separators a number of the US and its neighbours has only its shape: no area code or exchange begins with
# 0 or 1 or ends in 11. 555 is nobody's area code, but people make up such numbers.
AMERICAN = r"(?:555[0-9]|[2-9](?!11)[0-8][0-9][2-9](?!11))[0-9]{6}"
BARE = re.compile(rf"(?<![\w.,:+#=/@&?$€£¥-])(?:1[ .-]?)?{AMERICAN}(?![\w%])(?![.,:/-]\w)")
LIMITS = frozenset({"2147483647", "2147483648", "4294967295", "4294967296"})  # of integers, not of patience
ANNOUNCED = re.compile(r"[+(]{0,2}[0-9][\d ().\u00a0/-]*+")
FEWEST_ANNOUNCED, MOST_ANNOUNCED = 7, 15
LONG = re.compile(rf"\d(?:[ ().\u00a0/-]*\d){{{FEWEST_ANNOUNCED - 1}}}")  # without one no number is announced
ALONE = 9  # digits of a first group that is the whole number
SENTENCE_END = re.compile(r"[.)]? {2}|\. ")
ORDINARY = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\d+\.\d+|\d{1,3}(?: \d{3})* 000|\d+0{5}|\d\d?/.*")
BEFORE = 60  # characters of a bare number's context

Found = tuple[int, int, str]  # start, end, kind


def find(text: str) -> Iterator[Found]:
    """Every number that identifies a person; spans may overlap."""
    yield from _ibans(text)
    for run in NUMBERS.finditer(text):
        yield from _numbers(run[0], run.start())
    yield from _bare(text)
    yield from _announced(text)


def _ibans(text: str) -> Iterator[Found]:
    for match in IBAN.finditer(text):
        length = data()["iban_lengths"].get(match[1][:2].upper())
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
    if count < 13 or "." in text or YEARS.fullmatch(text):
        return None
    digits = "".join(DIGITS.findall(text))
    return "CARD" if digits[0] in "23456" and _luhn(digits) else None


def _is_phone(text: str, count: int, sizes: list[int]) -> bool:
    if text[0] == "+":
        return count <= 15 and not DATE.search(text)
    if text[0] == "0":
        return 9 <= count <= (15 if text.startswith("00") else 12) and text[1] != "." and not DATE.search(text)
    if text[0] == "(" and sizes == [3, 7]:
        return True
    return (text.startswith("(0") and count <= 12) or sizes in ([3, 3, 4], [1, 3, 3, 4])


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


# --- phone numbers told by what stands around them ------------------------------------------------


def _bare(text: str) -> Iterator[Found]:
    """5551234567, unless it is called an order, a number of rows or the like."""
    for match in BARE.finditer(text):
        before = text[max(0, match.start() - BEFORE) : match.start()]
        counted = _things().search(before) or _units().match(text, match.end())
        if match[0] not in LIMITS and not counted:
            yield match.start(), match.end(), "PHONE"


def _announced(text: str) -> Iterator[Found]:
    """The number after "call me on" or "mobile:", in whatever shape."""
    if LONG.search(text) is None:
        return
    for words in _phone_words().finditer(text):
        run = ANNOUNCED.match(text, words.end())
        if run is None:
            continue
        by_shape = next(_numbers(run[0], run.start()), None)
        if by_shape and by_shape[0] == run.start():
            yield by_shape
            continue
        end = run.start() + _announced_end(run[0])
        if end > run.start() and (BARE.match(text, run.start()) or not _units().match(text, end)):
            yield run.start(), end, "PHONE"


def _announced_end(run: str) -> int:
    """Where the longest likely phone number at the start of the run ends; 0 if it is an ordinary number."""
    end = digits = 0
    for group in GROUP.finditer(run[:LONGEST_NUMBER]):
        size = len(DIGITS.findall(group[0])[0])
        if digits + size > MOST_ANNOUNCED or (end and SENTENCE_END.search(run[end : group.start()])):
            break
        end, digits = group.end(), digits + size
        if digits == size >= ALONE:
            break
    number = run[:end].strip("()")
    if digits < FEWEST_ANNOUNCED or DATE.search(number):
        return 0
    return 0 if YEARS.fullmatch(number) or ORDINARY.fullmatch(number) else end


@cache
def _phone_words() -> re.Pattern[str]:
    """A word that announces a phone number, and up to five words that may stand between: "reach me at"."""
    words, between = _any_of("phone_words"), _any_of("between_words")
    apart = r"[^\w+($€£¥]"
    return re.compile(
        rf"(?<![^\W_])(?:{words})(?:{apart}{{1,3}}(?:{between})(?!\w)){{0,5}}{apart}{{0,3}}(?=[+(\d])", re.I
    )


@cache
def _things() -> re.Pattern[str]:
    """What has a number that is no phone's, at the end of the text: "order no. "."""
    words, between = _any_of("numbered_things"), _any_of("between_words")
    return re.compile(
        rf"(?:(?<![^\W_])(?:{words})(?:\W{{1,3}}(?:{between})(?!\w)){{0,3}}\W{{0,3}}|[$€£¥#=]\s?)\Z", re.I
    )


@cache
def _units() -> re.Pattern[str]:
    """What is counted or measured: " rows"."""
    return re.compile(rf"[ -]?(?:[%$€£¥]|(?:{_any_of('units')})(?!\w))", re.I)


def _any_of(name: str) -> str:
    return "|".join(re.escape(word) for word in data()[name])
