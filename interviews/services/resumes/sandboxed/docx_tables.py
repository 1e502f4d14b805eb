"""What a table gives to the text in its cells: paper and looks, by its style and by each cell."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from .colours import Rgb
from .docx_names import W
from .docx_styles import Look, Styles

BITS = {"firstRow": 0x20, "lastRow": 0x40, "firstColumn": 0x80, "lastColumn": 0x100, "noHBand": 0x200, "noVBand": 0x400}
LEAST_HEIGHT = 80  # twips: 4 points


@dataclass(frozen=True)
class Cell:
    """A cell's content with the paper under it (None: that of what the table stands on) and why it may be unseen."""

    element: etree._Element
    paper: Rgb | None
    look: Look
    hidden: str


def cells(table: etree._Element, styles: Styles) -> Iterator[Cell]:
    """The cells in reading order."""
    properties = table.find(f"{W}tblPr")
    named = properties.find(f"{W}tblStyle") if properties is not None else None
    chain = styles.chain(named.get(f"{W}val")) if named is not None else []
    asked = _asked(properties)
    whole = styles.shade(properties.find(f"{W}shd")) if properties is not None else None
    rows = list(_below(table, f"{W}tr"))
    for number, row in enumerate(rows):
        within = list(_below(row, f"{W}tc"))
        hidden = _why_hidden(row)
        for column, cell in enumerate(within):
            kinds = _kinds(asked, (number, len(rows)), (column, len(within)))
            paper, look = _by_style(chain, kinds, styles)
            own = styles.shade(cell.find(f"{W}tcPr/{W}shd"))
            yield Cell(cell, own or paper or whole, look, hidden)


def _below(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """Children of that name, also within content controls and tracked changes."""
    for child in parent:
        if child.tag == name:
            yield child
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins"):
            yield from _below(child, name)


def _asked(properties: etree._Element | None) -> dict[str, bool]:
    look = properties.find(f"{W}tblLook") if properties is not None else None
    if look is None:
        return dict.fromkeys(BITS, False)
    try:
        bits = int(look.get(f"{W}val") or "0", 16)
    except ValueError:
        bits = 0
    told = {name: look.get(f"{W}{name}") for name in BITS}
    return {
        name: bool(bits & BITS[name]) if value is None else value in ("1", "true", "on") for name, value in told.items()
    }


def _kinds(asked: dict[str, bool], row: tuple[int, int], column: tuple[int, int]) -> list[str]:
    """The parts of the style that hold for a cell, the strongest first."""
    found = []
    if asked["firstRow"] and row[0] == 0:
        found.append("firstRow")
    if asked["lastRow"] and row[0] == row[1] - 1:
        found.append("lastRow")
    if asked["firstColumn"] and column[0] == 0:
        found.append("firstCol")
    if asked["lastColumn"] and column[0] == column[1] - 1:
        found.append("lastCol")
    if not asked["noHBand"]:
        found.append(f"band{1 + (row[0] - asked['firstRow']) % 2}Horz")
    if not asked["noVBand"]:
        found.append(f"band{1 + (column[0] - asked['firstColumn']) % 2}Vert")
    return [*found, "wholeTable"]


def _by_style(chain: list[etree._Element], kinds: list[str], styles: Styles) -> tuple[Rgb | None, Look]:
    paper, look = None, Look()
    for kind in [*kinds, ""]:
        for style in chain:
            part = style if not kind else style.find(f"{W}tblStylePr[@{W}type='{kind}']")
            if part is not None:
                paper = paper or styles.shade(part.find(f"{W}tcPr/{W}shd"))
                given = part.find(f"{W}rPr")
                look = look.over(styles.look(given)) if given is not None else look
    return paper, look


def _why_hidden(row: etree._Element) -> str:
    properties = row.find(f"{W}trPr")
    if properties is None:
        return ""
    if properties.find(f"{W}hidden") is not None:
        return "vanish"
    height = properties.find(f"{W}trHeight")
    exact = height is not None and height.get(f"{W}hRule") == "exact"
    return "tiny" if exact and _twips(height.get(f"{W}val")) < LEAST_HEIGHT else ""


def _twips(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
