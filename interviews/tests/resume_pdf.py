"""PDFs written by hand for tests: objects, a table of them, and nothing that a library would put right."""

import zlib
from collections.abc import Sequence

LINE = 14


class Pdf:
    """Objects by number; `write()` gives the file."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []
        self.trailer = b""

    def add(self, body: bytes | str) -> int:
        """The number of a new object."""
        self.objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self.objects)

    def stream(self, data: bytes | str, entries: str = "", *, pack: bool = False) -> int:
        raw = data.encode("latin-1") if isinstance(data, str) else data
        if pack:
            raw, entries = zlib.compress(raw, 9), f"/Filter /FlateDecode {entries}"
        return self.add(f"<< /Length {len(raw)} {entries} >>\nstream\n".encode("latin-1") + raw + b"\nendstream")

    def write(self, root: int) -> bytes:
        out, places = bytearray(b"%PDF-1.7\n"), []
        for number, body in enumerate(self.objects, start=1):
            places.append(len(out))
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        table = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\n" % (len(places) + 1, root, self.trailer)
        return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def pdf(
    *pages: str,
    resources: str = "",
    catalog: str = "",
    page: str = "",
    objects: Sequence[tuple[str, bytes]] = (),
    pack: bool = False,
) -> bytes:
    """A PDF of these content streams on A4 in Helvetica (/F1).

    `objects` are streams as (entries, data), numbered from 3: objects 1 and 2 are the catalog and the pages.
    """
    file = Pdf()
    file.add("")
    file.add("")
    for entries, data in objects:
        if data == b"":
            file.add(entries)
        else:
            file.stream(data, entries)
    font = file.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    kids = []
    for content in pages:
        body = file.stream(content, pack=pack)
        fonts = f"/Font << /F1 {font} 0 R >>" if "/Font" not in resources else ""
        kids.append(
            file.add(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {body} 0 R {page} "
                f"/Resources << {fonts} {resources} >> >>"
            )
        )
    file.objects[0] = f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode("latin-1")
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    file.objects[1] = f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode("latin-1")
    return file.write(1)


def say(text: str, *, x: float = 72, y: float = 700, size: float = 11, before: str = "", font: str = "F1") -> str:
    """A line of text; `before` are operators in front of it, for it alone."""
    safe = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"q {before} BT /{font} {size} Tf {x} {y} Td ({safe}) Tj ET Q\n"


def lines(*texts: str, y: float = 700, size: float = 11) -> str:
    """Lines of a paragraph."""
    return "".join(say(text, y=y - number * LINE, size=size) for number, text in enumerate(texts))
