"""DOCX files written by hand for tests."""

import io
import zipfile
from collections.abc import Iterable

SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def run(text: str, properties: str = "") -> str:
    """A run; its text is put in as it is."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*runs: str, properties: str = "") -> str:
    """A paragraph of runs, or of plain texts."""
    inner = "".join(item if item.startswith("<") else run(item) for item in runs)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def docx(*body: str, parts: dict[str, str] | None = None, links: Iterable[str] = (), **changes: str | bytes) -> bytes:
    """A DOCX of these blocks.

    `parts` are more XML parts by name under word/ (their kind is the name), `links` whole Relationship elements;
    `changes` replace whole entries: content_types, rels, document.
    """
    parts = parts or {}
    made = {
        "[Content_Types].xml": changes.get("content_types", content_types()),
        "_rels/.rels": changes.get(
            "rels", relations(f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>')
        ),
        "word/document.xml": changes.get(
            "document", f"{HEAD}<w:document {SPACES}><w:body>{''.join(body)}</w:body></w:document>"
        ),
        "word/_rels/document.xml.rels": relations(
            *(
                f'<Relationship Id="{name}" Type="{OFFICE}/{name.rstrip("0123456789")}" Target="{name}.xml"/>'
                for name in parts
            ),
            *links,
        ),
        **{f"word/{name}.xml": HEAD + content for name, content in parts.items()},
    }
    return packed(made)


def content_types(kind: str = f"{WORD}.document.main+xml") -> str:
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    )


def relations(*links: str) -> str:
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{"".join(links)}</Relationships>'


def packed(entries: dict[str, str | bytes]) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def styles(*inner: str) -> str:
    return f"<w:styles {SPACES}>{''.join(inner)}</w:styles>"


def cell(text: str, properties: str = "", run_properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(run(text, run_properties))}</w:tc>"


def table(*rows: str, properties: str = "") -> str:
    """Rows are strings of cells."""
    inner = "".join(row if row.startswith("<w:tr") else f"<w:tr>{row}</w:tr>" for row in rows)
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr>{inner}</w:tbl>"


def text_box(text: str, *, fill: str = "", position: str = "", size: tuple[int, int] = (3_000_000, 900_000)) -> str:
    """A paragraph that holds a drawn text box; `fill` is what stands in its shape's properties."""
    anchor = (
        f'<wp:anchor>{position}<wp:extent cx="{size[0]}" cy="{size[1]}"/><wp:docPr id="1" name="Box"/>'
        f"<a:graphic><a:graphicData><wps:wsp><wps:spPr>{fill}</wps:spPr><wps:txbx><w:txbxContent>{text}"
        "</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor>"
    )
    fallback = f"<w:pict><v:shape><v:textbox><w:txbxContent>{text}</w:txbxContent></v:textbox></v:shape></w:pict>"
    return (
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{anchor}</w:drawing></mc:Choice>'
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
