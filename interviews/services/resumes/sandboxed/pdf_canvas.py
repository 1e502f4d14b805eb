"""What a page paints, in its order: characters, and the areas and pictures that may hide them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Any

from pdfminer.layout import LTChar
from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextDevice, PDFTextSeq
from pdfminer.pdffont import PDFFont, PDFType3Font, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFGraphicState, PDFResourceManager, PDFTextState
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFStream
from pdfminer.utils import Matrix, PathSegment, Point, Rect, apply_matrix_pt, apply_matrix_rect

from . import bounds, pdf_colours, pdf_shapes
from .colours import Rgb
from .pdf_shapes import Image, Shape, Shapes
from .refusal import Refusal

EVERYWHERE: Rect = (-1e9, -1e9, 1e9, 1e9)
OPAQUE = 0.95
INK = ((0.25, 0.1), (0.75, 0.1), (0.25, 0.4), (0.75, 0.4))  # of a character's advance and size: where its ink is
UNREADABLE = "\ufffd"


class Ink(PDFGraphicState):
    """The graphics state with what pdfminer leaves out: opacity, clipping, blending and how spaces are defined."""

    def __init__(self) -> None:
        super().__init__()
        self.nspec: Any = None
        self.sspec: Any = None
        self.fill_alpha = self.stroke_alpha = self.group_alpha = 1.0
        self.blend = "Normal"
        self.masked = False
        self.clip = EVERYWHERE

    def copy(self) -> "Ink":
        other = Ink()
        other.__dict__.update(self.__dict__)
        return other

    def fill(self) -> tuple[Rgb | None, float]:
        return pdf_colours.seen(self.ncolor, self.ncs, self.nspec), self.fill_alpha * self.group_alpha

    def stroke(self) -> tuple[Rgb | None, float]:
        return pdf_colours.seen(self.scolor, self.scs, self.sspec), self.stroke_alpha * self.group_alpha


@dataclass(slots=True)
class Glyph:
    """A character on its page. `paints` are the colours and opacities of its ink: none in invisible modes."""

    order: int
    text: str
    char: LTChar
    size: float
    points: list[Point]
    paints: list[tuple[Rgb | None, float]]
    clip: Rect
    blend: str
    masked: bool
    layered: bool
    reason: str = ""


@dataclass
class Sheet:
    """One page."""

    number: int
    box: Rect  # what of the page is shown
    glyphs: list[Glyph] = field(default_factory=list)
    shapes: Shapes = field(default_factory=Shapes)


class Canvas(PDFTextDevice):
    """Takes down what the interpreter paints."""

    def __init__(self, resources: PDFResourceManager) -> None:
        super().__init__(resources)
        self.sheets: list[Sheet] = []
        self.off: list[bool] = []  # one for each open piece of marked content: whether its layer is switched off
        self.order = self.count = 0
        self._mode = 0

    def begin_page(self, page: PDFPage, ctm: Matrix) -> None:
        box = apply_matrix_rect(ctm, _upright(pdf_shapes.meet(_upright(page.cropbox), _upright(page.mediabox))))
        self.sheets.append(Sheet(len(self.sheets) + 1, box))
        self.order, self.off = 0, []

    def render_string(
        self, textstate: PDFTextState, seq: PDFTextSeq, ncs: PDFColorSpace, graphicstate: PDFGraphicState
    ) -> None:
        self._mode = textstate.render
        if textstate.font is not None and isinstance(seq, list):
            super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(
        self,
        matrix: Matrix,
        font: PDFFont,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: PDFColorSpace,
        graphicstate: PDFGraphicState,
    ) -> float:
        assert isinstance(graphicstate, Ink)
        text = _text(font, cid)
        char = LTChar(
            matrix, font, fontsize, scaling, rise, text, font.char_width(cid), font.char_disp(cid), ncs, graphicstate
        )
        self.count += 1
        if self.count > bounds.MAX_CHARACTERS:
            raise Refusal("too_much_text")
        self.order += 1
        em = fontsize * _em(font)
        points = [apply_matrix_pt(matrix, (char.adv * along, rise + em * up)) for along, up in INK]
        self.sheets[-1].glyphs.append(
            Glyph(
                order=self.order,
                text=text,
                char=char,
                size=_size(matrix, em, scaling),
                points=points,
                paints=self._paints(graphicstate),
                clip=graphicstate.clip,
                blend=graphicstate.blend,
                masked=graphicstate.masked,
                layered=any(self.off),
            )
        )
        return char.adv

    def paint_path(
        self,
        graphicstate: PDFGraphicState,
        stroke: bool,
        fill: bool,
        evenodd: bool,
        path: Sequence[PathSegment],
    ) -> None:
        assert isinstance(graphicstate, Ink) and self.ctm is not None
        colour, alpha = graphicstate.fill()
        gradient = pdf_colours.of_gradient(graphicstate.ncolor)
        if not fill or not self._hides(graphicstate, alpha):
            return
        outlines = pdf_shapes.polygons(path, self.ctm)
        if outlines:
            whole = pdf_shapes.is_box(outlines)
            self._add(
                pdf_shapes.box_of(outlines),
                None if whole else outlines,
                evenodd,
                (colour,) if colour else gradient,
                graphicstate.clip,
            )

    def paint_clip(self, ink: Ink, shading: object) -> None:
        """A shading fills all that the clipping path leaves."""
        if self._hides(ink, ink.fill_alpha * ink.group_alpha):
            self._add(self.sheets[-1].box, None, False, pdf_colours.of_shading(shading), ink.clip)

    def paint_image(self, stream: PDFStream, ink: Ink) -> None:
        assert self.ctm is not None
        if self._hides(ink, ink.fill_alpha * ink.group_alpha):
            box = apply_matrix_rect(self.ctm, (0, 0, 1, 1))
            self._add(box, None, False, (), ink.clip, Image(self.ctm, stream))

    def _add(
        self,
        box: Rect,
        outlines: list[list[Point]] | None,
        evenodd: bool,
        colours: tuple[Rgb, ...],
        clip: Rect,
        image: Image | None = None,
    ) -> None:
        self.order += 1
        box = pdf_shapes.meet(pdf_shapes.meet(box, clip), self.sheets[-1].box)
        if box[0] < box[2] and box[1] < box[3]:
            self.sheets[-1].shapes.add(Shape(self.order, box, outlines, evenodd, colours, image))

    def _hides(self, ink: Ink, alpha: float) -> bool:
        return alpha >= OPAQUE and ink.blend in ("Normal", "Compatible") and not ink.masked and not any(self.off)

    def _paints(self, ink: Ink) -> list[tuple[Rgb | None, float]]:
        mode = self._mode % 8
        paints = [ink.fill()] if mode in (0, 2, 4, 6) else []
        return [*paints, ink.stroke()] if mode in (1, 2, 5, 6) else paints


def _text(font: PDFFont, cid: int) -> str:
    try:
        return font.to_unichr(cid) or UNREADABLE
    except PDFUnicodeNotDefined:
        return UNREADABLE


def _em(font: PDFFont) -> float:
    """How high a font of size 1 is: 1, but for those whose characters are programs."""
    if not isinstance(font, PDFType3Font):
        return 1.0
    return abs((font.bbox[3] - font.bbox[1]) * font.vscale) or 1.0


def _size(matrix: Matrix, em: float, scaling: float) -> float:
    """The height in points; of squeezed text less."""
    a, b, c, d, _, _ = matrix
    return min(abs(em) * hypot(c, d), abs(em * scaling) * hypot(a, b) * 4)


def _upright(box: Rect) -> Rect:
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
