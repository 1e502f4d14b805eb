"""A PDF: opened, painted on canvases, judged, and put into paragraphs."""

import io
from itertools import islice
from typing import Any

from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser

from . import bounds, pdf_annotations, pdf_extras, pdf_judging, pdf_layout, pdf_streams, result
from .pdf_canvas import UNREADABLE, Canvas
from .pdf_drawing import Interpreter
from .pdf_fonts import Fonts
from .pdf_layers import Layers
from .refusal import Refusal


def read(content: bytes) -> dict[str, Any]:
    """The resume as plain data (see `result`).

    :raises Refusal: if it is protected, too long, without text, or unpacks to too much.
    """
    budget = pdf_streams.bound(len(content))
    document = _open(content)
    pages = list(islice(PDFPage.create_pages(document), bounds.MAX_PAGES + 1))
    if len(pages) > bounds.MAX_PAGES:
        raise Refusal("too_many_pages")
    if not pages:
        raise Refusal("malformed")
    canvas = _paint(document, pages)
    pdf_judging.judge(canvas.sheets)
    found = result.Found("pdf", len(pages))
    for sheet in canvas.sheets:
        pdf_layout.turn(sheet)
        for text in pdf_layout.paragraphs(sheet):
            found.add(sheet.number, text)
        for reason, text in pdf_layout.hidden(sheet):
            found.hide(sheet.number, reason, text)
    if budget.left < 0:
        raise Refusal("unpacks_too_large")  # pdfminer takes some errors for the end of a stream
    found.ignored = pdf_extras.ignored(document)
    found.unreadable = sum(p.text.count(UNREADABLE) for p in found.paragraphs)
    return found.plain()


def _open(content: bytes) -> PDFDocument:
    try:
        document = PDFDocument(PDFParser(io.BytesIO(content)))
    except (PDFEncryptionError, PDFPasswordIncorrect) as error:
        raise Refusal("encrypted") from error
    if document.encryption is not None:
        raise Refusal("encrypted")
    return document


def _paint(document: PDFDocument, pages: list[PDFPage]) -> Canvas:
    resources = Fonts()
    canvas = Canvas(resources)
    interpreter = Interpreter(resources, canvas)
    interpreter.layers = Layers(document.catalog)
    for page in pages:
        interpreter.process_page(page)
        pdf_annotations.paint(page, interpreter)
    return canvas
