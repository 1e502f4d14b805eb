"""A resume's visible text as lines: headings, points, dates, each with its place."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from interviews.services.resume_summaries.types import Place

DATA = Path(__file__).resolve().parents[2] / "data" / "resume_headings.json"
POINT = re.compile(r"[•◦▪●○‣∙·*–—>\-]\s+|\d{1,2}[.)]\s+")
LONGEST_HEADING = 40  # characters
SHORTEST_WRAPPED = 45  # characters: a shorter line was not broken off by a margin
YEAR = r"(?:19|20)\d\d"
DIGITS_MONTH = r"(?:0?[1-9]|1[0-2])[./]"


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or several that a margin broke: `text[start:end]`, without the sign of a point and what surrounds it."""

    start: int
    end: int
    text: str
    is_point: bool = False
    heading: str = ""  # the section that it opens
    gap: bool = False  # a paragraph begins here

    @property
    def place(self) -> Place:
        return self.start, self.end


@cache
def data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return found


@cache
def _headings() -> dict[str, str]:
    return {words: section for section, listed in data()["headings"].items() for words in listed}


@cache
def dates() -> re.Pattern[str]:
    """A range of dates, or one date: "Jan 2019 – present", "2019-2021", "03/2018 - 04/2020", "2020"."""
    names = "|".join(sorted({month[:3] + r"\w*" for month in data()["months"]}, reverse=True))
    moment = rf"(?:(?:{names})\.?\s+'?|{DIGITS_MONTH})?{YEAR}"
    open_end = "|".join(sorted((re.escape(word) for word in data()["present"]), key=len, reverse=True))
    expression = rf"\b{moment}(?:\s*(?:-|–|—|to|until|bis|tot|à)\s*(?:{moment}|(?:{open_end})\b))?(?![\w])"
    return re.compile(expression, re.IGNORECASE)


def is_range(words: str) -> bool:
    """Whether these dates have an end, also an open one."""
    return len(re.findall(YEAR, words)) > 1 or re.search(r"[^\W\d_]{2,}$", words) is not None


def lines(text: str) -> list[Line]:
    """The lines of the text that hold something, those that a margin broke put together again."""
    found: list[Line] = []
    for line in _written(text):
        if found and _goes_on(found[-1], line):
            before = found[-1]
            whole = Line(before.start, line.end, text[before.start : line.end], before.is_point, "", before.gap)
            found[-1] = whole
        else:
            found.append(line)
    return found


def _written(text: str) -> Iterator[Line]:
    gap, at = True, 0
    for row in text.split("\n"):
        body = row.strip()
        if any(map(str.isalnum, body)):
            start = at + row.index(body)
            mark = POINT.match(body)
            skipped = mark.end() if mark and mark.end() < len(body) else 0
            said = body[skipped:]
            yield Line(start + skipped, start + len(body), said, bool(skipped), _heading(said), gap)
        gap, at = not body, at + len(row) + 1


def _heading(words: str) -> str:
    if len(words) > LONGEST_HEADING:
        return ""
    return _headings().get(" ".join(words.casefold().replace("&", "and").strip(" :–—-_|").split()), "")


def _goes_on(before: Line, line: Line) -> bool:
    """Whether the line goes on with a sentence that a margin broke off."""
    if line.gap or line.is_point or line.heading or before.heading or before.end - before.start < SHORTEST_WRAPPED:
        return False
    if dates().search(before.text[-25:]) and not before.is_point:
        return False
    return line.text[0].islower() or before.text[-1] in ",-–" or (before.is_point and before.text[-1] not in ".!?;:")
