"""Annotations are painted over the page: filled-in forms and notes are read, and what covers text hides it."""

from typing import Any

from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFStream, list_value, resolve1
from pdfminer.utils import MATRIX_IDENTITY, Matrix, apply_matrix_rect, mult_matrix

from .pdf_drawing import Interpreter

UNSEEN_FLAGS = 2 | 32  # Hidden, NoView
MOST = 500


def paint(page: PDFPage, interpreter: Interpreter) -> None:
    """Paint the appearance of each annotation that shows on a screen, above the page's content."""
    for item in list_value(page.annots)[:MOST] if page.annots is not None else []:
        annotation = resolve1(item)
        if isinstance(annotation, dict) and not int(resolve1(annotation.get("F")) or 0) & UNSEEN_FLAGS:
            form = _appearance(annotation)
            if form is not None and "BBox" in form and "Rect" in annotation:
                _paint(form, annotation, interpreter, page)


def _appearance(annotation: dict[str, Any]) -> PDFStream | None:
    states = resolve1(annotation.get("AP"))
    if not isinstance(states, dict) or getattr(resolve1(annotation.get("Subtype")), "name", "") == "Popup":
        return None
    normal = resolve1(states.get("N"))
    if isinstance(normal, dict):
        normal = resolve1(normal.get(getattr(resolve1(annotation.get("AS")), "name", "")))
    return normal if isinstance(normal, PDFStream) and normal.objid is not None else None


def _paint(form: PDFStream, annotation: dict[str, Any], interpreter: Interpreter, page: PDFPage) -> None:
    """Section 12.5.5 of the format: the form's box, under its matrix, is fitted into the annotation's rectangle."""
    matrix = _matrix(form)
    bx0, by0, bx1, by1 = apply_matrix_rect(matrix, _numbers(form["BBox"]))
    rx0, ry0, rx1, ry1 = _upright(_numbers(annotation["Rect"]))
    if bx1 <= bx0 or by1 <= by0:
        return
    sx, sy = (rx1 - rx0) / (bx1 - bx0), (ry1 - ry0) / (by1 - by0)
    fit = (sx, 0.0, 0.0, sy, rx0 - bx0 * sx, ry0 - by0 * sy)
    off = interpreter.layers.are_off(annotation.get("OC"))
    interpreter.init_resources({})
    interpreter.init_state(page_matrix(page))
    interpreter.xobjmap = {"Annotation": form}
    interpreter.ctm = mult_matrix(fit, interpreter.ctm)
    interpreter.device.set_ctm(interpreter.ctm)
    interpreter.device.off = [off]
    interpreter.do_Do("Annotation")
    interpreter.device.off = []


def page_matrix(page: PDFPage) -> Matrix:
    """As pdfminer turns and moves the page itself."""
    x0, y0, x1, y1 = page.mediabox
    turned: dict[int, Matrix] = {90: (0, -1, 1, 0, -y0, x1), 180: (-1, 0, 0, -1, x1, y1), 270: (0, 1, -1, 0, y1, -x0)}
    return turned.get(page.rotate, (1, 0, 0, 1, -x0, -y0))


def _matrix(form: PDFStream) -> Matrix:
    values = [float(resolve1(value)) for value in list_value(form.get("Matrix", MATRIX_IDENTITY))]
    a, b, c, d, e, f = values
    return a, b, c, d, e, f


def _numbers(value: Any) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(resolve1(item)) for item in list_value(value))
    return x0, y0, x1, y1


def _upright(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
