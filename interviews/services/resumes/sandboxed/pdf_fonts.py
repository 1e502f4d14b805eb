"""Fonts, of which a broken one costs its own letters and not the whole resume."""

from collections.abc import Mapping
from typing import Any

from pdfminer.pdffont import PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFResourceManager

from .refusal import Refusal


class Unknown(PDFFont):
    """A font whose codes stand for nothing that can be known."""

    def __init__(self) -> None:
        super().__init__({}, {}, default_width=500)

    def to_unichr(self, cid: int) -> str:
        raise PDFUnicodeNotDefined(None, cid)


class Fonts(PDFResourceManager):
    """pdfminer's store of fonts."""

    def get_font(self, objid: object, spec: Mapping[str, Any]) -> PDFFont:
        try:
            return super().get_font(objid, spec)
        except (MemoryError, Refusal):
            raise
        except Exception:  # whatever a parser of fonts trips over
            return Unknown()
