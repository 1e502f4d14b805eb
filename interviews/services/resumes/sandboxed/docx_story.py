"""One story of a DOCX (body, header, note): its paragraphs as pieces of text, each with why nobody sees it."""

from dataclasses import dataclass, field, replace

from lxml import etree

from . import colours, docx_shapes, docx_tables
from .colours import Rgb
from .docx_names import MATH, MC, A, W
from .docx_styles import AUTO, Look, Styles

SMALLEST = 4.0
PLAIN = Look()
USUAL_DEFAULT = 10.0
GONE = {f"{W}del": "deleted", f"{W}moveFrom": "deleted"}
SKIPPED = {
    f"{W}{name}"
    for name in ("rPr", "pPr", "tblPr", "sectPr", "sdtPr", "instrText", "delInstrText", "fldData", "tblGrid")
}
SIGNS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": "\n", f"{W}br": "\n", f"{W}noBreakHyphen": "-"}
TEXTS = (f"{W}t", f"{W}delText", f"{MATH}t")


@dataclass(frozen=True)
class Place:
    """Where text stands: the paper under it ("unknown" for a picture) and whether all of it is unseen."""

    paper: Rgb | str = colours.WHITE
    own_paper: bool = False  # of a cell, a paragraph or a box, and not the page's
    look: Look = PLAIN
    hidden: str = ""


@dataclass
class Piece:
    text: str
    reason: str
    points: float


@dataclass
class Paragraph:
    page: int
    pieces: list[Piece] = field(default_factory=list)


@dataclass
class Story:
    """Reads parts of one document. `floats`: something lies on its pages that white text may be read on."""

    styles: Styles
    page_size: tuple[float, float]
    floats: bool = False
    rendered: bool = False  # whether the word processor left marks where its pages ended
    page: int = 1
    paragraphs: list[Paragraph] = field(default_factory=list)
    _field: list[bool] = field(default_factory=list)  # of each open field: whether its code goes on

    def blocks(self, parent: etree._Element, place: Place) -> None:
        """Paragraphs and tables below an element, in order."""
        for child in _chosen(parent):
            if child.tag == f"{W}p":
                self._paragraph(child, place)
            elif child.tag == f"{W}tbl":
                self._table(child, place)
            elif child.tag not in SKIPPED:
                self.blocks(child, replace(place, hidden=place.hidden or GONE.get(child.tag, "")))

    def _table(self, table: etree._Element, place: Place) -> None:
        for cell in docx_tables.cells(table, self.styles):
            paper = cell.paper or place.paper
            own = place.own_paper or cell.paper is not None
            within = Place(paper, own, cell.look.over(place.look), place.hidden or cell.hidden)
            self.blocks(cell.element, within)

    def _paragraph(self, element: etree._Element, place: Place) -> None:
        properties = element.find(f"{W}pPr")
        style = _text(properties, "pStyle")
        if properties is not None:
            if not self.rendered and properties.find(f"{W}pageBreakBefore") is not None:
                self.page += 1
            place = self._shaded(properties, style, place)
        paragraph = Paragraph(self.page)
        self.paragraphs.append(paragraph)
        self._runs(element, style, place, paragraph)

    def _shaded(self, properties: etree._Element, style: str | None, place: Place) -> Place:
        paper = self.styles.shade(properties.find(f"{W}shd"))
        for base in self.styles.chain(style):
            paper = paper or self.styles.shade(base.find(f"{W}pPr/{W}shd"))
        hidden = place.hidden or _why_hidden(properties, self.page_size[0])
        return replace(place, paper=paper or place.paper, own_paper=place.own_paper or paper is not None, hidden=hidden)

    def _runs(self, parent: etree._Element, style: str | None, place: Place, paragraph: Paragraph) -> None:
        for child in _chosen(parent):
            if child.tag == f"{W}r":
                self._run(child, style, place, paragraph)
            elif child.tag not in SKIPPED:
                gone = GONE.get(child.tag, "")
                self._runs(child, style, replace(place, hidden=place.hidden or gone), paragraph)

    def _run(self, run: etree._Element, style: str | None, place: Place, paragraph: Paragraph) -> None:
        look = self.styles.of(style, run.find(f"{W}rPr"), place.look)
        points = look.points or USUAL_DEFAULT
        for child in _chosen(run):
            text = self._said(child)
            if text:
                reason = self._reason(look, place)
                if any(self._field) and not reason:
                    reason = "field_code"
                paragraph.pieces.append(Piece(text, reason, points))
            elif child.tag == f"{W}fldChar":
                self._step(child.get(f"{W}fldCharType"))
            elif child.tag not in SKIPPED:
                self._boxes(child, place)

    def _said(self, child: etree._Element) -> str:
        if child.tag in TEXTS:
            return child.text or ""
        if child.tag == f"{W}lastRenderedPageBreak" and self.rendered:
            self.page += 1
        if child.tag == f"{W}br" and child.get(f"{W}type") == "page" and not self.rendered:
            self.page += 1
        if child.tag == f"{W}sym":
            return "\ufffd"
        if child.tag in (f"{W}ruby", f"{W}rt", f"{W}rubyBase"):
            return "".join(item.text or "" for item in child.iterfind(f".//{W}rubyBase//{W}t"))
        return SIGNS.get(child.tag, "")

    def _step(self, kind: str | None) -> None:
        if kind == "begin":
            self._field.append(True)
        elif kind == "separate" and self._field:
            self._field[-1] = False
        elif kind == "end" and self._field:
            self._field.pop()

    def _boxes(self, drawing: etree._Element, place: Place) -> None:
        """Text boxes of a drawing; boxes within boxes are reached from the outer one."""
        stack = list(_chosen(drawing))[::-1]
        while stack:
            item = stack.pop()
            if item.tag == f"{W}txbxContent":
                box = docx_shapes.box_of(item, self.styles, self.page_size)
                paper = place.paper if box.paper is None else box.paper
                own = place.own_paper or box.paper is not None
                before, self._field = self._field, []
                self.blocks(item, Place(paper, own, Look(), place.hidden or box.hidden))
                self._field = before
            elif item.tag == f"{A}t":
                self.paragraphs.append(Paragraph(self.page, [Piece(item.text or "", place.hidden, USUAL_DEFAULT)]))
            else:
                stack += list(_chosen(item))[::-1]

    def _reason(self, look: Look, place: Place) -> str:
        if place.hidden:
            return place.hidden
        if look.vanish or look.web_hidden:
            return "vanish"
        if look.clear:
            return "transparent"
        if look.squeezed or (look.points is not None and look.points < SMALLEST):
            return "tiny"
        return self._by_colour(look, place)

    def _by_colour(self, look: Look, place: Place) -> str:
        paper = look.paper or place.paper
        if look.colour is None or look.colour == AUTO:
            return ""
        if isinstance(paper, str):
            return "unclear" if colours.look_alike(look.colour, colours.WHITE) else ""
        if not colours.look_alike(look.colour, paper):
            return ""
        own = place.own_paper or look.paper is not None
        return "unclear" if self.floats and not own else "same_colour"


def _chosen(parent: etree._Element) -> list[etree._Element]:
    """The children, of alternatives only the first, which is what today's word processors show."""
    found: list[etree._Element] = []
    for child in parent:
        if child.tag == f"{MC}AlternateContent":
            branch = child.find(f"{MC}Choice")
            branch = child.find(f"{MC}Fallback") if branch is None else branch
            found += _chosen(branch) if branch is not None else []
        elif isinstance(child.tag, str):
            found.append(child)
    return found


def _text(properties: etree._Element | None, name: str) -> str | None:
    item = properties.find(f"{W}{name}") if properties is not None else None
    return item.get(f"{W}val") if item is not None else None


def _why_hidden(properties: etree._Element, width: float) -> str:
    """Lines squeezed to nothing, and paragraphs pushed out of the page."""
    spacing = properties.find(f"{W}spacing")
    if (
        spacing is not None
        and spacing.get(f"{W}lineRule") == "exact"
        and _points(spacing.get(f"{W}line"), 1e9) < SMALLEST
    ):
        return "tiny"
    indent = properties.find(f"{W}ind")
    for name in ("left", "start") if indent is not None else ():
        at = _points(indent.get(f"{W}{name}"), 0.0) + _points(indent.get(f"{W}firstLine"), 0.0)
        if at >= width or at <= -width:
            return "off_page"
    frame = properties.find(f"{W}framePr")
    for name in ("x", "y") if frame is not None else ():
        if abs(_points(frame.get(f"{W}{name}"), 0.0)) >= 2 * width:
            return "off_page"
    return ""


def _points(text: str | None, default: float) -> float:
    try:
        return float(text) / 20 if text else default
    except ValueError:
        return default
