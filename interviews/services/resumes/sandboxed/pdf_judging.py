"""Which characters of a page nobody sees, and why."""

from statistics import median

from . import colours
from .colours import Rgb
from .pdf_canvas import Glyph, Sheet

SMALLEST = 4.0  # points; footnotes have 6 to 8
SHARE_OF_USUAL = 1 / 3
FAINT = 0.05  # opacity
ROUNDING = 0.05
TWICE, SHADOW = 0.05, 0.15  # of the size: the narrowest letter is 0.2 wide


def judge(sheets: list[Sheet]) -> None:
    """Give each character its reason to be hidden, or leave it empty."""
    for sheet in sheets:
        for glyph in sheet.glyphs:
            glyph.reason = _reason(glyph, sheet) if not glyph.text.isspace() else ""
    sizes = [g.size for sheet in sheets for g in sheet.glyphs if not g.reason and g.size >= SMALLEST and g.text.strip()]
    smallest = max(SMALLEST, median(sizes) * SHARE_OF_USUAL if sizes else 0.0)
    for sheet in sheets:
        for glyph in sheet.glyphs:
            if (
                glyph.reason in ("", "same_colour", "unclear")
                and glyph.size < smallest - ROUNDING
                and glyph.text.strip()
            ):
                glyph.reason = "tiny"
        _take_along_spaces(sheet)
        _forget_doubles(sheet)


def _reason(glyph: Glyph, sheet: Sheet) -> str:
    if glyph.layered:
        return "hidden_layer"
    if not glyph.paints:
        return "invisible"
    if not any(_holds(sheet.box, point) and _holds(glyph.clip, point) for point in glyph.points):
        return "off_page"
    if all(alpha <= FAINT for _, alpha in glyph.paints):
        return "transparent"
    if all(sheet.shapes.cover(point, glyph.order) for point in glyph.points):
        return "covered"
    return _by_colour(glyph, sheet)


def _by_colour(glyph: Glyph, sheet: Sheet) -> str:
    """Same colour: none of its ink differs from what is below it. Unclear: only drawing it would tell."""
    fates = {_fate(glyph, sheet.shapes.below(point, glyph.order)) for point in glyph.points}
    if "seen" in fates:
        return "unclear" if glyph.masked else ""
    return "unclear" if "unclear" in fates else "same_colour"


def _fate(glyph: Glyph, grounds: tuple[Rgb, ...]) -> str:
    """What becomes of it on one of these colours; on what is not known, only the paper's colour is in doubt."""
    fates = {all(_vanishes(glyph, paint, ground) for paint in glyph.paints) for ground in grounds or (colours.WHITE,)}
    if fates == {True} and grounds:
        return "same_colour"
    return "unclear" if True in fates else "seen"


def _vanishes(glyph: Glyph, paint: tuple[Rgb | None, float], ground: Rgb) -> bool:
    colour, alpha = paint
    if colour is None:
        return False
    return colours.look_alike(colours.merge(colours.blend(glyph.blend, colour, ground), ground, alpha), ground)


def _holds(box: tuple[float, float, float, float], point: tuple[float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _take_along_spaces(sheet: Sheet) -> None:
    """A space shares the fate of what stands before it."""
    reason = next((glyph.reason for glyph in sheet.glyphs if glyph.text.strip()), "")
    for glyph in sheet.glyphs:
        if glyph.text.strip():
            reason = glyph.reason
        glyph.reason = reason


def _forget_doubles(sheet: Sheet) -> None:
    """Bold by printing twice, and shadows: the same letter in nearly the same place counts once, as the seen one."""
    seen: set[tuple[str, float, int, int]] = set()
    kept = []
    for glyph in sorted(sheet.glyphs, key=lambda glyph: (bool(glyph.reason), glyph.order)):
        step = max(glyph.size, 1.0) * (SHADOW if glyph.reason else TWICE)
        if glyph.text.isspace() or not glyph.char.adv or not _around(glyph, step) & seen:
            kept.append(glyph)
        if not glyph.reason:
            for step in (TWICE, SHADOW):
                seen.add(_place(glyph, max(glyph.size, 1.0) * step))
    sheet.glyphs = sorted(kept, key=lambda glyph: glyph.order)


def _place(glyph: Glyph, step: float) -> tuple[str, float, int, int]:
    return glyph.text, round(step, 3), round(glyph.char.x0 / step), round(glyph.char.y0 / step)


def _around(glyph: Glyph, step: float) -> set[tuple[str, float, int, int]]:
    text, size, x, y = _place(glyph, step)
    return {(text, size, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
