"""From characters on a page to paragraphs in reading order, and hidden pieces in the order they were painted."""

import unicodedata
from collections import defaultdict
from itertools import groupby

from pdfminer.layout import LAParams, LTChar, LTPage, LTTextBox, LTTextContainer, LTTextLine
from pdfminer.utils import Rect

from .pdf_canvas import Glyph, Sheet

PLAIN_ORDER_FROM = 8000  # characters on a page: finding columns takes the square of what stands apart
WORDS_APART = 3.0  # widths of a character: a justified line stays one, columns stay two
GAP = 0.2  # of the size: more is a space


def turn(sheet: Sheet) -> None:
    """Put every character where it stands on a page that is turned so that it is upright: text up a margin, say."""
    for glyph in sheet.glyphs:
        char = glyph.char
        x0, y0, x1, y1 = char.bbox
        if _quarter(char) == 1:
            char.set_bbox((y0, -x1, y1, -x0))
        elif _quarter(char) == 2:
            char.set_bbox((-x1, -y1, -x0, -y0))
        elif _quarter(char) == 3:
            char.set_bbox((-y1, x0, -y0, x1))
        char.size = char.height


def paragraphs(sheet: Sheet) -> list[str]:
    """The visible text of a page after `turn`: what stands as most does, column by column, then the rest."""
    sides: dict[int, list[LTChar]] = defaultdict(list)
    for glyph in sheet.glyphs:
        if not glyph.reason:
            sides[_quarter(glyph.char)].append(glyph.char)
    return [text for chars in sorted(sides.values(), key=len, reverse=True) for text in _paragraphs(chars, sheet)]


def _paragraphs(chars: list[LTChar], sheet: Sheet) -> list[str]:
    page = LTPage(sheet.number, _around(chars))
    for char in chars:
        page.add(char)
    page.analyze(LAParams(char_margin=WORDS_APART, boxes_flow=0.5 if len(chars) < PLAIN_ORDER_FROM else None))
    return [text for box in page if isinstance(box, LTTextBox) if (text := _box(box))]


def hidden(sheet: Sheet) -> list[tuple[str, str]]:
    """Runs of hidden characters as (reason, text)."""
    return [(reason, _run(list(run))) for reason, run in groupby(sheet.glyphs, key=_reason) if reason]


def _reason(glyph: Glyph) -> str:
    return glyph.reason


def _box(box: LTTextBox) -> str:
    lines = [_line(line) for line in box if isinstance(line, LTTextLine)]
    return "\n".join(line for line in lines if line)


def _line(line: LTTextContainer) -> str:
    """By place and not in the order of painting, which may spell something else."""
    chars = sorted((item for item in line if isinstance(item, LTChar)), key=lambda char: char.x0)
    text, last = "", None
    for char in chars:
        if last is not None and char.x0 - last.x1 > GAP * max(char.size, last.size) * 0.5 and not text.endswith(" "):
            text += " "
        text += char.get_text()
        last = char
    return " ".join(logical(text).split())


def _run(glyphs: list[Glyph]) -> str:
    text, last = "", None
    for glyph in glyphs:
        if last is not None and not text.endswith(" ") and _apart(last.char, glyph.char):
            text += " "
        text += glyph.text
        last = glyph
    return " ".join(text.split())


def _apart(one: LTChar, other: LTChar) -> bool:
    height = max(min(one.size, other.size), 0.01)
    return abs(other.y0 - one.y0) > height * 0.8 or not -height * 3 < other.x0 - one.x1 < GAP * height


def _around(chars: list[LTChar]) -> Rect:
    """A box around what is seen."""
    edges = [char.bbox for char in chars]
    return (
        min(edge[0] for edge in edges) - 1,
        min(edge[1] for edge in edges) - 1,
        max(edge[2] for edge in edges) + 1,
        max(edge[3] for edge in edges) + 1,
    )


def _quarter(char: LTChar) -> int:
    """To which side its line runs: 0 right, 1 up, 2 left (on its head), 3 down."""
    a, b, _, _, _, _ = char.matrix
    if abs(a) >= abs(b):
        return 0 if a >= 0 else 2
    return 1 if b > 0 else 3


def logical(text: str) -> str:
    """A line as it stands on the page, in the order in which it is read."""
    sides = [_side(character) for character in text]
    right, left = sides.count("R"), sides.count("L")
    if not right:
        return text
    clusters = _clusters(text)
    if right >= left:
        return "".join(_turned(clusters[::-1], "L"))
    return "".join(_turned(clusters, "R"))


def _turned(clusters: list[str], side: str) -> list[str]:
    """Each run that is written to this side is turned round, with the marks and spaces inside it."""
    out: list[str] = []
    run: list[str] = []
    waiting: list[str] = []
    for cluster in clusters:
        found = _side(cluster[0])
        if found == side or (side == "L" and found == "N"):
            run += [*waiting, cluster]
            waiting = []
        elif found == "" and run:
            waiting.append(cluster)
        else:
            out += [*run[::-1], *waiting, cluster]
            run, waiting = [], []
    return [*out, *run[::-1], *waiting]


def _clusters(text: str) -> list[str]:
    """Letters with the marks that stand on them."""
    found: list[str] = []
    for character in text:
        if found and unicodedata.combining(character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _side(character: str) -> str:
    """R and L for letters, N for digits, nothing for what takes its side from around it."""
    kind = unicodedata.bidirectional(character)
    return {"R": "R", "AL": "R", "L": "L", "EN": "N", "AN": "N"}.get(kind, "")
