"""The sections of a resume without a model: by its headings, its dates and its points. The same text, the same result.

An entry of roles and education begins at a line with dates, or at the line above dates that stand alone; the points
below are its quotes. What stands under no known heading, or under one of another kind, is in no list.
"""

import re
from collections.abc import Iterator, Sequence

from interviews.services.resume_summaries.lines import Line, data, dates, is_range
from interviews.services.resume_summaries.types import (
    EDUCATION,
    LABELS,
    LANGUAGES,
    MOST_ENTRIES,
    MOST_QUOTES,
    PROJECTS,
    ROLES,
    SECTIONS,
    SKILLS,
    Entry,
    Place,
)

LONGEST_HEADER = 140  # characters of a line that names a post or a school
LONGEST_SKILL = 60
LONGEST_PROJECT = 70  # characters of a line that names one: a longer one, or a sentence, tells of it
BETWEEN_SKILLS = re.compile(r"[,;|•·\n]|\s/\s|\.(?=\s|$)")
GROUP = re.compile(r"[^:,;|]{2,40}:\s+")  # "Databases: PostgreSQL, Redis"
EDGES = " \t\n,;:|()[]–—-·•"


def sections(found: Sequence[Line]) -> dict[str, tuple[Entry, ...]]:
    """Section -> its entries in the order of the text."""
    under: dict[str, list[Line]] = {name: [] for name in SECTIONS}
    section = ""
    for line in found:
        if line.heading:
            section = line.heading
        elif section in under:
            under[section].append(line)
    made = {
        ROLES: _dated(under[ROLES], ROLES, "employer"),
        EDUCATION: _dated(under[EDUCATION], EDUCATION, "school"),
        SKILLS: _items(under[SKILLS]),
        LANGUAGES: _items(under[LANGUAGES]),
        PROJECTS: _projects(under[PROJECTS]),
    }
    return {name: tuple(entries)[: MOST_ENTRIES[name]] for name, entries in made.items()}


def _dated(under: Sequence[Line], section: str, where: str) -> Iterator[Entry]:
    """Posts and schools; a section without any date gives one entry a line that is no point."""
    starts = sorted(set(_starts(under)))
    if not starts:
        starts = [place for place, line in enumerate(under) if not line.is_point and len(line.text) <= LONGEST_HEADER]
    for first, end in zip(starts, [*starts[1:], len(under)], strict=False):
        yield _entry(under[first:end], section, where)


def _starts(under: Sequence[Line]) -> Iterator[int]:
    """Where entries begin: dates in a line that is no sentence, or up to two lines above dates that stand alone."""
    for place, line in enumerate(under):
        match = dates().search(line.text)
        if match is None or line.is_point or len(line.text) > LONGEST_HEADER:
            continue
        if not (is_range(match[0]) or _alone(line) or line.text.endswith(match[0])):
            continue
        first, above = place, 2 if _alone(line) else 1
        while above and first and _names_something(under[first - 1]) and (_alone(line) or _is_above(under, first)):
            first, above = first - 1, above - 1
            if under[first].gap:
                break
        yield first


def _is_above(under: Sequence[Line], place: int) -> bool:
    """Whether the line before belongs to this one: in the same paragraph, at the paragraph's beginning."""
    return not under[place].gap and under[place - 1].gap


def _names_something(line: Line) -> bool:
    return not line.is_point and len(line.text) <= LONGEST_HEADER and not dates().search(line.text)


def _alone(line: Line) -> bool:
    """Whether the line holds dates and hardly more."""
    return len(dates().sub("", line.text).strip(EDGES)) <= 3


def _entry(under: Sequence[Line], section: str, where: str) -> Entry:
    header = [line for line in under[:4] if not line.is_point and len(line.text) <= LONGEST_HEADER]
    named: list[Place] = []
    labels: dict[str, Place] = {}
    dated = False
    for line in header:
        match = dates().search(line.text)
        if match and not dated:
            labels["dates"], dated = (line.start + match.start(), line.start + match.end()), True
        elif dated and len(named) > 1:
            break
        named += _parts(line, match.span() if match else None)
    for name, place in zip((LABELS[section][0], where), named, strict=False):
        labels[name] = place
    heads = [line for line in header if any(line.start <= place[0] < line.end for place in labels.values())]
    rest = [line for line in under if line not in heads]
    quotes = [line.place for line in (*heads, *rest)][:MOST_QUOTES]
    return Entry({name: labels[name] for name in LABELS[section] if name in labels}, tuple(quotes))


def _parts(line: Line, without: tuple[int, int] | None) -> list[Place]:
    """What a header names: "Baker at Crumb, Lyon" is a baker and Crumb."""
    text = (
        line.text if without is None else f"{line.text[: without[0]]}{'|' * _length(without)}{line.text[without[1] :]}"
    )
    at = "|".join(re.escape(word) for word in data()["at"])
    places, start = [], 0
    for cut in [*re.finditer(rf"\s(?:{at})\s|[,;|•·\t\n]+|\s[–—-]\s|\s{{3,}}", text), None]:
        end = cut.start() if cut else len(text)
        piece = text[start:end]
        if any(map(str.isalnum, piece)):
            places.append(_trimmed(piece, line.start + start))
        start = cut.end() if cut else end
    return places


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0]


def _trimmed(piece: str, start: int) -> Place:
    """The piece without the signs at its edges; brackets that hold something stay."""
    bare = piece.strip(EDGES)
    first = piece.index(bare)
    end = first + len(bare)
    if bare.count("(") > bare.count(")") and piece[end : end + 1] == ")":
        end += 1
    return start + first, start + end


def _items(under: Sequence[Line]) -> Iterator[Entry]:
    """Each thing that a list names, once."""
    seen = set()
    for line in under:
        for place in _listed(line):
            words = " ".join(line.text[place[0] - line.start : place[1] - line.start].casefold().split())
            if words and words not in seen:
                seen.add(words)
                yield Entry({"title": place}, (place,))


def _listed(line: Line) -> Iterator[Place]:
    group = GROUP.match(line.text)
    start = group.end() if group else 0
    depth_free = re.sub(r"\([^()]*\)", lambda match: "_" * len(match[0]), line.text)
    for cut in [*BETWEEN_SKILLS.finditer(depth_free, start), None]:
        end = cut.start() if cut else len(line.text)
        piece = line.text[start:end]
        if any(map(str.isalnum, piece)) and len(piece.strip()) <= LONGEST_SKILL:
            yield _trimmed(piece, line.start + start)
        start = cut.end() if cut else end


def _names_a_project(line: Line) -> bool:
    return not line.is_point and len(line.text) <= LONGEST_PROJECT and not line.text.endswith((".", ";", "!"))


def _projects(under: Sequence[Line]) -> Iterator[Entry]:
    """A project begins with a line that names one: no point, no sentence; where there is none, each line is one."""
    starts = [place for place, line in enumerate(under) if _names_a_project(line)]
    if not starts:
        starts = list(range(len(under)))
    for first, end in zip(starts, [*starts[1:], len(under)], strict=False):
        head, *points = under[first:end]
        match = dates().search(head.text)
        named = _parts(head, match.span() if match else None)
        labels = {"title": named[0]} if named and len(head.text) <= LONGEST_HEADER else {}
        if match:
            labels["dates"] = (head.start + match.start(), head.start + match.end())
        yield Entry(labels, tuple(line.place for line in (head, *points))[:MOST_QUOTES])
