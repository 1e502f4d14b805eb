"""What a PDF carries beside its pages. None of it is run or opened; the reader says that it was there."""

from itertools import islice
from typing import Any

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdftypes import PDFStream

MOST_OBJECTS = 20_000
DEEPEST = 6
KEYS = {
    "JS": "javascript",
    "JavaScript": "javascript",
    "EF": "embedded_files",
    "EmbeddedFiles": "embedded_files",
    "XFA": "xfa",
}
KINDS = {
    "JavaScript": "javascript",
    "Launch": "launch_actions",
    "RichMedia": "media",
    "Screen": "media",
    "Movie": "media",
    "FileAttachment": "embedded_files",
    "EmbeddedFile": "embedded_files",
    "SubmitForm": "form_actions",
    "ImportData": "form_actions",
}


def ignored(document: PDFDocument) -> list[str]:
    """The sorted kinds of what was left alone."""
    found: set[str] = set()
    ids = (objid for xref in document.xrefs for objid in xref.get_objids())
    for objid in islice(ids, MOST_OBJECTS):
        try:
            item = document.getobj(objid)
        except MemoryError:
            raise
        except Exception:  # a broken object that no page needed
            continue
        _look(item, found, 0)
    return sorted(found)


def _look(item: Any, found: set[str], depth: int) -> None:
    if isinstance(item, PDFStream):
        item = item.attrs
    if depth > DEEPEST:
        return
    if isinstance(item, dict):
        found.update(KEYS[key] for key in item if key in KEYS)
        for key in ("S", "Subtype", "Type"):
            kind = KINDS.get(getattr(item.get(key), "name", ""))
            if kind:
                found.add(kind)
        item = list(item.values())
    if isinstance(item, list):
        for inner in item[:1000]:
            _look(inner, found, depth + 1)
