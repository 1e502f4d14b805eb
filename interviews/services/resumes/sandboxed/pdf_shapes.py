"""What lies on a page under or over its text: filled areas and pictures, found by the point."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.utils import Matrix, Point, Rect, apply_matrix_pt

from . import colours, pdf_colours
from .colours import Rgb
from .refusal import Refusal

CELL = 36.0
WIDE = 64  # more cells than this: kept in one list for the page
MOST_SHAPES = 60_000
MOST_SAMPLED = 8_000_000  # bytes of a picture that is looked into
CURVE_STEPS = 6


@dataclass(slots=True)
class Shape:
    """An opaque area, painted as the `order`th thing of its page. Polygons None means its whole box."""

    order: int
    box: Rect
    polygons: list[list[Point]] | None
    evenodd: bool
    colours: tuple[Rgb, ...]  # all of a gradient's; none where they are not known
    image: "Image | None" = None

    def holds(self, point: Point) -> bool:
        x, y = point
        if not (self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3]):
            return False
        if self.image is not None:
            return self.image.is_opaque_at(point)
        return self.polygons is None or _inside(point, self.polygons, self.evenodd)

    def colours_at(self, point: Point) -> tuple[Rgb, ...]:
        return self.image.colours_at(point) if self.image is not None else self.colours


@dataclass(slots=True)
class Image:
    """A picture in the unit square under a matrix. Pixels are looked at only where they lie ready as bytes."""

    matrix: Matrix
    stream: PDFStream

    def colours_at(self, point: Point) -> tuple[Rgb, ...]:
        space = self.stream.get_any(("CS", "ColorSpace"))
        count = pdf_colours.components(space)
        pixel = _pixel(self.stream, count, self._place(point))
        colour = colours.of_components([byte / 255 for byte in pixel]) if pixel else None
        return (colour,) if colour else ()

    def is_opaque_at(self, point: Point) -> bool:
        """A picture with a mask that cannot be looked into is taken for one that lets the text through."""
        if resolve1(self.stream.get_any(("IM", "ImageMask"))) or resolve1(self.stream.get("Mask")) is not None:
            return False
        mask = resolve1(self.stream.get("SMask"))
        if not isinstance(mask, PDFStream):
            return True
        pixel = _pixel(mask, 1, self._place(point))
        return bool(pixel) and pixel[0] > 240

    def _place(self, point: Point) -> Point:
        a, b, c, d, e, f = self.matrix
        flat = a * d - b * c
        x, y = point[0] - e, point[1] - f
        return ((d * x - c * y) / flat, (a * y - b * x) / flat) if flat else (0.5, 0.5)


@dataclass
class Shapes:
    """All opaque areas of one page in the order in which they are painted."""

    wide: list[Shape] = field(default_factory=list)
    cells: dict[tuple[int, int], list[Shape]] = field(default_factory=lambda: defaultdict(list))
    count: int = 0

    def add(self, shape: Shape) -> None:
        """:raises Refusal: if a page has so many that looking through them would take minutes."""
        self.count += 1
        if self.count > MOST_SHAPES:
            raise Refusal("too_much_time")
        columns, rows = _span(shape.box[0], shape.box[2]), _span(shape.box[1], shape.box[3])
        if len(columns) * len(rows) > WIDE:
            self.wide.append(shape)
        else:
            for column in columns:
                for row in rows:
                    self.cells[column, row].append(shape)

    def below(self, point: Point, order: int) -> tuple[Rgb, ...]:
        """The colours on which a thing painted as the `order`th may stand: the paper is white, () is not known."""
        last = max((s for s in self._at(point) if s.order < order and s.holds(point)), key=_order, default=None)
        return (colours.WHITE,) if last is None else last.colours_at(point)

    def cover(self, point: Point, order: int) -> bool:
        """Whether something was painted there later."""
        return any(shape.order > order and shape.holds(point) for shape in self._at(point))

    def _at(self, point: Point) -> Iterator[Shape]:
        yield from self.wide
        yield from self.cells.get((int(point[0] // CELL), int(point[1] // CELL)), ())


def polygons(path: Sequence[Any], matrix: Matrix) -> list[list[Point]]:
    """The path's outlines on the page, its curves as short lines."""
    found: list[list[Point]] = []
    for step in path:
        numbers = [float(value) for value in step[1:]]
        points = [apply_matrix_pt(matrix, (x, y)) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        if step[0] == "m":
            found.append(points)
        elif not found or not points:
            continue
        elif step[0] == "l":
            found[-1] += points
        else:
            found[-1] += _curve(step[0], found[-1][-1], points)
    return [outline for outline in found if len(outline) > 2]


def box_of(outlines: list[list[Point]]) -> Rect:
    xs = [x for outline in outlines for x, _ in outline]
    ys = [y for outline in outlines for _, y in outline]
    return min(xs), min(ys), max(xs), max(ys)


def is_box(outlines: list[list[Point]]) -> bool:
    """Whether it is one rectangle along the page's edges."""
    if len(outlines) != 1:
        return False
    corners = {(round(x, 2), round(y, 2)) for x, y in outlines[0]}
    return len(corners) == 4 and len({x for x, _ in corners}) == 2 and len({y for _, y in corners}) == 2


def meet(one: Rect, other: Rect) -> Rect:
    """What both hold; empty boxes have their right left of their left."""
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _order(shape: Shape) -> int:
    return shape.order


def _span(low: float, high: float) -> range:
    low, high = max(low, -15_000.0), min(high, 15_000.0)
    return range(int(low // CELL), int(high // CELL) + 1)


def _curve(kind: str, start: Point, points: list[Point]) -> list[Point]:
    if kind == "v":
        points = [start, *points]
    elif kind == "y":
        points = [*points, points[-1]]
    (x0, y0), ((x1, y1), (x2, y2), (x3, y3)) = start, points
    out = []
    for step in range(1, CURVE_STEPS + 1):
        t = step / CURVE_STEPS
        w0, w1, w2, w3 = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        out.append((w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3, w0 * y0 + w1 * y1 + w2 * y2 + w3 * y3))
    return out


def _inside(point: Point, outlines: list[list[Point]], evenodd: bool) -> bool:
    x, y = point
    winding = crossings = 0
    for outline in outlines:
        for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                crossings += 1
                winding += 1 if y1 > y0 else -1
    return bool(crossings % 2) if evenodd else bool(winding)


def _pixel(stream: PDFStream, count: int | None, place: Point) -> bytes:
    """The pixel at a place of the unit square, or nothing where it is not at hand."""
    width, height = (resolve1(stream.get_any(keys)) for keys in (("W", "Width"), ("H", "Height")))
    depth = resolve1(stream.get_any(("BPC", "BitsPerComponent")))
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0 and count and depth == 8):
        return b""
    if stream.get_any(("D", "Decode")) is not None:
        return b""
    if width * height * count > MOST_SAMPLED or any(_is_photo(name) for name, _ in stream.get_filters()):
        return b""
    column = min(width - 1, max(0, int(place[0] * width)))
    row = min(height - 1, max(0, int((1 - place[1]) * height)))
    at = (row * width + column) * count
    pixel = stream.get_data()[at : at + count]
    return pixel if len(pixel) == count else b""


def _is_photo(name: Any) -> bool:
    return getattr(name, "name", "") in {"DCTDecode", "DCT", "JPXDecode", "JBIG2Decode", "CCITTFaxDecode", "CCF"}
