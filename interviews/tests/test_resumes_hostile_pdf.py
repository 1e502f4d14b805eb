"""A PDF made to harm its reader is refused in bounded time; what it carries is neither opened nor followed."""

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from interviews.tests.resume_docx import packed
from interviews.tests.resume_pdf import Pdf, lines, pdf, say
from interviews.tests.resumes_read import BREAD, TRAP, hidden, quiet_port, read, refused, seen

HONEST = lines("Jane Doe", BREAD)
SEEN = "Jane Doe\n" + BREAD
MEGABYTE = 1024 * 1024


def raw(*bodies: str | bytes) -> bytes:
    """A PDF of these objects, the catalog first."""
    file = Pdf()
    for body in bodies:
        file.add(body)
    return file.write(1)


CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"
PAGE = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>"


def packed_stream(data: bytes, entries: str = "", filters: str = "/FlateDecode") -> bytes:
    return f"<< /Length {len(data)} /Filter [{filters}] {entries} >>\nstream\n".encode() + data + b"\nendstream"


def forms(levels: int, each: int) -> bytes:
    """Forms that paint each other so many times a level."""
    file = Pdf()
    file.add(CATALOG)
    file.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
    file.add(PAGE.replace("<< >> >>", "<< /XObject << /X 5 0 R >> >> >>"))
    file.stream("/X Do")
    for level in range(levels):
        following = f"/Resources << /XObject << /X {6 + level} 0 R >> >>"
        file.stream("/X Do " * each, f"/Type /XObject /Subtype /Form /BBox [0 0 9 9] {following}")
    return file.write(1)


def encrypted(handler: str) -> bytes:
    file = Pdf()
    secrets = f"/O <{'00' * 32}> /U <{'00' * 32}>"
    file.trailer = f"/ID [<00> <00>] /Encrypt << /Filter /{handler} /V 1 /R 2 /P -4 {secrets} >>".encode()
    for body in (CATALOG, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", PAGE):
        file.add(body)
    file.stream(HONEST)
    return file.write(1)


TREE = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
FORM = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 3 0 R >> >>"
SCAN = "/Type /XObject /Subtype /Image /Width 9 /Height 9 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
X1 = "/XObject << /X1 3 0 R >>"
UNMAPPED = (
    "/Font << /F2 << /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [<< /Type /Font "
    "/Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
    "/DW 600 >>] >> >>"
)


def content_of(packed_data: bytes, filters: str = "/FlateDecode") -> bytes:
    """A PDF of one page whose content is packed like this."""
    return raw(CATALOG, TREE, PAGE, packed_stream(packed_data, filters=filters))


def zeros(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes * MEGABYTE), 9)


def going_round() -> bytes:
    content = pdf(HONEST)
    return content.replace(b"trailer\n<<", b"trailer\n<< /Prev %d" % content.rfind(b"xref\n0"))


def damaged() -> bytes:
    content = bytearray(pdf(HONEST, lines(*(f"{BREAD} {n}" for n in range(30))), pack=True))
    at = content.rfind(b"stream\nx")
    content[at + 40 : at + 60] = bytes(20)
    return bytes(content)


def bomb_of_objects() -> bytes:
    """A table that finds the page tree in a packed stream of objects."""
    file = Pdf()
    file.add(CATALOG)
    file.stream(b"2 0 " + b"<< >> " * (20 * MEGABYTE), "/Type /ObjStm /N 1 /First 4", pack=True)
    return file.write(1).replace(b"/Pages 2 0 R", b"/Pages 9 0 R")


PDFS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "cut off": (lambda: pdf(HONEST)[:200], {"malformed"}),
    "noise after its first bytes": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 50, {"malformed"}),
    "ten thousand pages": (lambda: pdf(*["" for _ in range(10_000)]), {"too_many_pages"}),
    "sixteen pages": (lambda: pdf(*[HONEST] * 16), {"too_many_pages"}),
    "a page tree that goes round": (
        lambda: raw(CATALOG, "<< /Type /Pages /Kids [3 0 R] >>", "<< /Type /Pages /Kids [2 0 R 3 0 R] >>"),
        {"malformed"},
    ),
    "a page tree five thousand deep": (
        lambda: raw(CATALOG, *(f"<< /Type /Pages /Kids [{n} 0 R] >>" for n in range(3, 5003)), PAGE),
        {"malformed"},
    ),
    "a reference to itself": (lambda: raw(CATALOG, "2 0 R"), {"too_much_time"}),
    "a table that goes round": (going_round, {"malformed"}),
    "brackets without end": (lambda: raw(CATALOG, b"[" * 400_000), {"malformed", "too_much_memory"}),
    "forms within forms": (lambda: forms(9, 12), {"too_much_time"}),
    "a form that paints itself": (
        lambda: pdf(HONEST + "/X1 Do", objects=[(FORM, b"/X1 Do /X1 Do")], resources=X1),
        set(),
    ),
    "a stream that unpacks to a gigabyte": (lambda: content_of(zeros(1024)), {"unpacks_too_large"}),
    "a stream packed twice": (
        lambda: content_of(zlib.compress(zeros(512), 9), "/FlateDecode /FlateDecode"),
        {"unpacks_too_large"},
    ),
    "a packed stream that breaks off": (lambda: content_of(zeros(512)[:-9]), {"unpacks_too_large"}),
    "a page of two that is damaged": (damaged, {"malformed"}),
    "a long run": (
        lambda: content_of(b"\x81\x00" * MEGABYTE, "/RunLengthDecode"),
        {"unpacks_too_large", "too_much_memory", "too_much_time"},
    ),
    "a hundred megabytes of objects in one stream": (bomb_of_objects, {"unpacks_too_large", "malformed"}),
    "a table of two thousand million objects": (
        lambda: pdf(HONEST).replace(b"xref\n0 ", b"xref\n0 2000000000\nxref\n0 "),
        set(),
    ),
    "a hundred thousand shapes": (lambda: pdf(HONEST + "0 0 500 500 re f\n" * 100_000), {"too_much_time"}),
    "protected with a password": (lambda: encrypted("Standard"), {"encrypted"}),
    "protected by an unknown program": (lambda: encrypted("Own.Handler"), {"encrypted"}),
    "a scan": (
        lambda: pdf("q 595 0 0 842 0 0 cm /X1 Do Q", resources=X1, objects=[(SCAN, b"x")]),
        {"no_text"},
    ),
    "a scan with invisible text": (lambda: pdf(say(BREAD, before="3 Tr")), {"no_text"}),
    "letters that stand for nothing": (lambda: pdf(say("ABCDEFGHIJ", font="F2"), resources=UNMAPPED), {"no_text"}),
    "a ZIP archive as well": (lambda: pdf(HONEST) + packed({"a.txt": "x"}), {"two_kinds"}),
}


@pytest.mark.parametrize("what", PDFS)
def test_a_hostile_pdf_is_refused(what: str) -> None:
    make, reasons = PDFS[what]

    if reasons:
        assert refused(make()) in reasons
    else:
        assert seen(make()) == [SEEN]


def test_a_picture_of_giant_dimensions_is_never_unpacked() -> None:
    entries = "/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    bomb = zlib.compress(bytes(900 * MEGABYTE), 9)
    content = pdf(
        "q 595 0 0 842 0 0 cm /X1 Do Q " + HONEST,
        objects=[(f"{entries} /Filter /FlateDecode", bomb)],
        resources="/XObject << /X1 3 0 R >>",
    )

    assert seen(content) == [SEEN]


def test_a_page_of_giant_dimensions_is_read() -> None:
    content = pdf(HONEST).replace(b"[0 0 595 842]", b"[0 0 9e8 9e8]")

    assert seen(content) == [SEEN]


def test_a_font_cannot_make_the_reader_open_a_file(tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    (tmp_path / "planted.pickle.gz").write_bytes(gzip.compress(b"cposix\nsystem\n(S'touch %s'\ntR." % bytes(planted)))
    name = "#2e#2e" + "#2f#2e#2e" * 9 + str(planted).replace("/", "#2f")
    font = (
        f"/F2 << /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /{name} /DescendantFonts [<< "
        "/Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo "
        "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>] >>"
    )
    base = "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    content = pdf(HONEST + say("AB", y=600, font="F2"), resources=f"/Font << {base} {font} >>")

    assert SEEN in read(content).text
    assert not planted.exists()


def test_what_a_pdf_carries_beside_its_text_is_named_and_left_alone() -> None:
    script = "/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    files = "/Names << /EmbeddedFiles << /Names [(a.exe) << /Type /Filespec /EF << /F 3 0 R >> >>] >> >>"
    link = "/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /Launch /F (calc.exe) >> >>]"
    resume = read(pdf(HONEST, objects=[("/Type /EmbeddedFile", b"MZ")], catalog=f"{script} {files}", page=link))

    assert resume.text == SEEN
    assert resume.ignored == ("embedded_files", "javascript", "launch_actions")


def test_actions_and_links_of_a_pdf_are_never_followed() -> None:
    with quiet_port() as url:
        script = f"<< /S /JavaScript /JS (app.launchURL\\('{url}'\\)) >>"
        catalog = f"/OpenAction << /S /URI /URI ({url}) >> /AA << /WC {script} >>"
        outside = ("", f"<< /F << /FS /URL /F ({url}) >> /Length 0 >>".encode())
        resume = read(pdf(HONEST, catalog=catalog, objects=[outside]))

    assert (resume.text, resume.ignored) == (SEEN, ("javascript",))


def test_a_flood_of_hidden_text_is_counted_and_not_all_shown() -> None:
    flood = "".join(say(f"{TRAP} {n}", y=600, before=f"{n % 2 * 3} Tr 1 g") for n in range(700))
    resume = read(pdf(HONEST + flood))

    assert len(resume.hidden) == 300
    assert resume.more_hidden > 0
    assert resume.text == SEEN


def test_hidden_text_is_cut_to_what_a_page_can_show() -> None:
    assert len(hidden(pdf(HONEST + say(TRAP * 400, y=600, before="3 Tr")))[0][1]) == 2000
