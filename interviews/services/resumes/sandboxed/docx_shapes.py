"""Text boxes and pictures of a DOCX: what paper they give, and whether they lie where somebody sees them."""

import re
from dataclasses import dataclass

from lxml import etree

from . import colours
from .colours import Rgb
from .docx_names import VML, WP, WPS, A, W
from .docx_styles import NAMED, Styles

EMU = 12_700  # to the point
LEAST_SIDE = 4.0  # points
LARGE = 36.0 * 36.0  # square points: what can lie behind a line of text
OWN_MARGIN = 72.0
UNKNOWN = "unknown"
LENGTH = re.compile(r"(-?[\d.]+)\s*(pt|in|cm|mm|px)?")
POINTS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, None: 1 / EMU, "": 1.0}


@dataclass(frozen=True)
class Box:
    """A text box: its own paper ("unknown" for pictures and gradients, None for none) and why nobody sees it."""

    paper: Rgb | str | None
    hidden: str


def box_of(content: etree._Element, styles: Styles, page: tuple[float, float]) -> Box:
    """The box around a w:txbxContent."""
    paper: Rgb | str | None = None
    hidden = ""
    for outer in content.iterancestors():
        if outer.tag == f"{WPS}wsp":
            paper = fill_of(outer, styles)
        elif outer.tag in (f"{WP}anchor", f"{WP}inline"):
            hidden = hidden or _why_hidden(outer, page)
        elif isinstance(outer.tag, str) and outer.tag.startswith(VML):
            paper = paper or _vml_fill(outer)
            hidden = hidden or _vml_hidden(outer.get("style") or "", page)
        elif outer.tag == f"{W}p":
            break
    return Box(paper, hidden)


def fill_of(shape: etree._Element, styles: Styles) -> Rgb | str | None:
    """What fills a shape: of its own, or by its style."""
    properties = shape.find(f"{WPS}spPr")
    for child in properties if properties is not None else ():
        if child.tag == f"{A}noFill":
            return None
        if child.tag == f"{A}solidFill":
            alpha = child.find(f".//{A}alpha")
            clear = (
                alpha is not None
                and (alpha.get("val") or "").rstrip("%").isdigit()
                and int(alpha.get("val") or 0) < 50_000
            )
            return UNKNOWN if clear else styles.colour(child) or UNKNOWN
        if child.tag in (f"{A}gradFill", f"{A}blipFill", f"{A}pattFill", f"{A}grpFill"):
            return UNKNOWN
    by_style = shape.find(f"{WPS}style/{A}fillRef")
    if by_style is not None and by_style.get("idx") not in (None, "0", "1000"):
        return styles.colour(by_style) or UNKNOWN
    return None


def may_lie_behind(root: etree._Element, styles: Styles) -> bool:
    """Whether something large floats there that white text can be read on."""
    for anchor in root.iter(f"{WP}anchor"):
        width, height = _extent(anchor)
        if width * height >= LARGE and not _why_hidden(anchor, (1e9, 1e9)):
            fills = [fill_of(shape, styles) for shape in anchor.iter(f"{WPS}wsp")]
            pictures = next(anchor.iter(f"{A}blip"), None) is not None
            if pictures or any(fill is not None and not _is_light(fill) for fill in fills):
                return True
    shapes = (item for item in root.iter() if isinstance(item.tag, str) and item.tag.startswith(VML))
    return any("absolute" in (s.get("style") or "") and _is_dark(_vml_fill(s)) for s in shapes)


def _is_light(fill: Rgb | str) -> bool:
    return not isinstance(fill, str) and colours.look_alike(fill, colours.WHITE)


def _is_dark(fill: Rgb | str | None) -> bool:
    return fill is not None and not _is_light(fill)


def _extent(anchor: etree._Element) -> tuple[float, float]:
    extent = anchor.find(f"{WP}extent")
    return (_emu(extent.get("cx")), _emu(extent.get("cy"))) if extent is not None else (LEAST_SIDE, LEAST_SIDE)


def _why_hidden(anchor: etree._Element, page: tuple[float, float]) -> str:
    properties = anchor.find(f"{WP}docPr")
    if properties is not None and properties.get("hidden") in ("1", "true"):
        return "vanish"
    sides = _extent(anchor)
    if min(sides) < LEAST_SIDE:
        return "tiny"
    for name, side, whole in (("positionH", sides[0], page[0]), ("positionV", sides[1], page[1])):
        position = anchor.find(f"{WP}{name}")
        offset = position.find(f"{WP}posOffset") if position is not None else None
        if position is not None and offset is not None:
            margin = 0.0 if position.get("relativeFrom") == "page" else OWN_MARGIN
            at = _emu(offset.text) + margin
            if at + side <= 0 or at >= whole:
                return "off_page"
    return ""


def _vml_fill(shape: etree._Element) -> Rgb | str | None:
    if shape.get("filled") in ("f", "false") or shape.get("fillcolor") is None:
        return None
    text = (shape.get("fillcolor") or "").split()[0].lstrip("#")
    return colours.of_hex(text) or colours.of_hex(NAMED.get(text, "")) or UNKNOWN


def _vml_hidden(style: str, page: tuple[float, float]) -> str:
    told = dict(part.strip().split(":", 1) for part in style.lower().split(";") if ":" in part)
    if told.get("visibility", "").strip() == "hidden" or told.get("display", "").strip() == "none":
        return "vanish"
    for edge, side, whole in (("margin-left", "width", page[0]), ("margin-top", "height", page[1])):
        at = _length(told.get(edge, "")) + OWN_MARGIN
        if at + _length(told.get(side, "")) <= 0 or at >= whole:
            return "off_page"
    return ""


def _length(text: str) -> float:
    found = LENGTH.match(text.strip())
    return float(found[1]) * POINTS.get(found[2], 1.0) if found and found[1] not in ("-", ".", "") else 0.0


def _emu(text: str | None) -> float:
    try:
        return float(text or 0) / EMU
    except ValueError:
        return 0.0
