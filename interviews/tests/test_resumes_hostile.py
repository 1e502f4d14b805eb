"""A file made to harm its reader is refused with a sentence, in bounded time; nothing of it is opened or run."""

import base64
import gzip
import io
import socket
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interviews.services import resumes
from interviews.services.resumes.refusals import KINDS
from interviews.services.resumes.sandboxed import kinds
from interviews.tests.resume_docx import HEAD, SPACES, content_types, docx, p, packed, relations
from interviews.tests.resume_pdf import Pdf, lines, pdf, say
from interviews.tests.resumes_read import BREAD, TRAP, hidden, read, refused, seen

HONEST = lines("Jane Doe", BREAD)
SEEN = "Jane Doe\n" + BREAD
MEGABYTE = 1024 * 1024


@pytest.fixture
def loopback() -> Iterator[socket.socket]:
    """A port on which nobody may knock."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def knocked(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


OTHERS = {
    "picture.pdf": (b"\x89PNG\r\n\x1a\n" + bytes(40), "wrong_kind", "png"),
    "old.docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "wrong_kind", "doc"),
    "program.pdf": (b"MZ" + bytes(60), "wrong_kind", "exe"),
    "page.pdf": (b"<!DOCTYPE html><html>%PDF-1.7", "wrong_kind", "html"),
    "text.docx": (b"Jane Doe, baker", "wrong_kind", "text"),
    "rich.docx": (b"{\\rtf1 Jane}", "wrong_kind", "rtf"),
    "noise.pdf": (b"\x00\xff\xfe\x9c" * 20, "wrong_kind", "unknown"),
    "late.pdf": (b"GIF89a" + pdf(HONEST), "wrong_kind", "gif"),
    "sheet.docx": (packed({"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<a/>"}), "wrong_kind", "spreadsheet"),
    "archive.docx": (packed({"a.txt": "Jane"}), "wrong_kind", "zip"),
    "word.pdf": (docx(p(BREAD)), "mislabelled", ".pdf"),
    "paper.docx": (pdf(HONEST), "mislabelled", ".docx"),
    "nothing.pdf": (b"", "empty", ""),
    "macros.docm": (docx(p(BREAD)), "macros", ""),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_resume_is_refused_with_what_it_is(name: str) -> None:
    content, reason, what = OTHERS[name]

    with pytest.raises(resumes.Refused) as caught:
        read(content, name)

    assert (caught.value.reason, caught.value.what) == (reason, what)
    assert str(KINDS.get(what, what)) in str(caught.value)


def test_the_refusal_says_what_the_file_is() -> None:
    with pytest.raises(resumes.Refused) as caught:
        read(OTHERS["picture.pdf"][0], "picture.pdf")

    assert str(caught.value) == "This is a PNG picture. Save the resume as PDF or DOCX and upload that."


def test_every_kind_has_its_words() -> None:
    found = {kinds.of(magic + bytes(20)) for magic, _ in kinds.MAGIC} - {"pdf", "docx"}

    assert found <= set(KINDS)


def test_a_file_of_more_than_five_megabytes_is_refused() -> None:
    assert refused(pdf(HONEST) + bytes(5 * MEGABYTE)) == "too_large"


def test_a_protected_docx_is_refused_as_protected() -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le") + bytes(64)

    assert refused(compound) == "encrypted"


# Archives


def archive(entries: list[tuple[str, bytes]], base: bytes | None = None) -> bytes:
    """A DOCX with more entries, also under the same or impossible names."""
    out = io.BytesIO(base or docx(p(BREAD)))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def patched(content: bytes, offset: int, value: bytes) -> bytes:
    """The same field changed in all entries of the table of contents; `offset` is from its start."""
    out, at = bytearray(content), content.find(b"PK\x01\x02")
    while at >= 0:
        out[at + offset : at + offset + len(value)] = value
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(out)


def overlapping() -> bytes:
    """Two names for one and the same bytes."""
    content = bytearray(archive([("word/a.xml", b"<a/>"), ("word/b.xml", b"<a/>")]))
    entries = [at for at in range(len(content)) if content[at : at + 4] == b"PK\x01\x02"]
    first, second = entries[-2:]
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    return bytes(content)


ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: archive([("word/media/a.bin", bytes(59 * MEGABYTE))]), "unpacks_too_large"),
    "more than sixty megabytes": (
        lambda: archive([(f"word/{n}", bytes(7 * MEGABYTE)) for n in range(9)]),
        "unpacks_too_large",
    ),
    "three thousand entries": (lambda: archive([(f"word/{n}.xml", b"") for n in range(3000)]), "unpacks_too_large"),
    "a size that lies": (lambda: patched(docx(p(BREAD)), 24, b"\x05\x00\x00\x00"), "malformed"),
    "two entries over each other": (overlapping, "strange_archive"),
    "a path out of the folder": (lambda: archive([("../../../../tmp/candor-was-here", b"x")]), "strange_archive"),
    "an absolute path": (lambda: archive([("/tmp/candor-was-here", b"x")]), "strange_archive"),
    "two entries of one name": (lambda: archive([("WORD/document.xml", b"<a/>")]), "strange_archive"),
    "a script in front": (lambda: b"PK\x03\x04#!/bin/sh\n" + docx(p(BREAD)), "strange_archive"),
    "encrypted entries": (lambda: patched(docx(p(BREAD)), 8, b"\x01"), "encrypted"),
    "a method nobody uses": (lambda: patched(docx(p(BREAD)), 10, b"\x0e"), "strange_archive"),
    "cut off": (lambda: docx(p(BREAD))[:-200], "malformed"),
    "cut off in the middle": (lambda: docx(p(BREAD))[:300], "malformed"),
    "macros": (lambda: archive([("word/vbaProject.bin", b"x")]), "macros"),
    "macros by its type": (
        lambda: docx(p(BREAD), content_types=content_types("application/vnd.ms-word.document.macroEnabled.main+xml")),
        "macros",
    ),
    "no text part": (lambda: docx(rels=relations()), "malformed"),
    "a text part elsewhere": (
        lambda: docx(p(BREAD), rels=relations('<Relationship Type="x/officeDocument" Target="../../etc/passwd"/>')),
        "malformed",
    ),
    "a PDF as well": (lambda: packed({"%PDF-1.7": ""}), "two_kinds"),
}  # fmt: skip


@pytest.mark.parametrize("what", ARCHIVES)
def test_a_hostile_archive_is_refused(what: str) -> None:
    make, reason = ARCHIVES[what]

    assert refused(make()) == reason
    assert not Path("/tmp/candor-was-here").exists()


# XML

BOMB = "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"


def document(declared: str, text: str) -> str:
    return f"{HEAD}{declared}<w:document {SPACES}><w:body>{p(text)}</w:body></w:document>"


def test_an_entity_bomb_is_refused() -> None:
    assert refused(docx(document=document(BOMB, "&a9;"))) == "declarations"


def test_an_entity_bomb_in_another_encoding_is_refused() -> None:
    bomb = document(BOMB, "&a9;").replace("UTF-8", "UTF-16").encode("utf-16")

    assert refused(docx(document=bomb)) == "declarations"


def test_no_file_of_the_server_is_read_and_no_address_is_fetched(loopback: socket.socket) -> None:
    port = loopback.getsockname()[1]
    urls = ("file:///etc/passwd", f"http://127.0.0.1:{port}/a")

    for url in urls:
        assert refused(docx(document=document(f"<!DOCTYPE a [<!ENTITY x SYSTEM '{url}'>]>", "&x;"))) == "declarations"
        assert refused(docx(document=document(f"<!DOCTYPE a SYSTEM '{url}'>", "x"))) == "declarations"
        included = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}" parse="text"/>'
        assert seen(docx(p(BREAD), included)) == [BREAD]
    assert not knocked(loopback)


def test_xml_of_thirty_megabytes_is_refused() -> None:
    noise = base64.b64encode(zlib.compress(bytes(range(256)) * 40)).decode()
    large = "".join(f"<w:p><w:r><w:t>{noise}{number}</w:t></w:r></w:p>" for number in range(95_000))

    assert refused(docx(large)) == "unpacks_too_large"


def test_xml_that_needs_more_memory_than_there_is_ends_in_a_refusal() -> None:
    many = "<w:p/>" * 3_300_000 + "".join(hex(number**7) for number in range(20_000))

    assert refused(docx(many)) == "too_much_memory"


def test_deeply_nested_xml_is_refused() -> None:
    assert refused(docx("<w:sdt><w:sdtContent>" * 5000 + p(BREAD) + "</w:sdtContent></w:sdt>" * 5000)) == "malformed"


def test_styles_that_are_based_on_each_other_are_read() -> None:
    circle = "".join(
        f'<w:style w:type="paragraph" w:styleId="{one}"><w:basedOn w:val="{other}"/></w:style>'
        for one, other in ("ab", "ba")
    )
    content = docx(
        p(BREAD, properties='<w:pStyle w:val="a"/>'), parts={"styles": f"<w:styles {SPACES}>{circle}</w:styles>"}
    )

    assert seen(content) == [BREAD]


def test_ten_thousand_page_breaks_are_too_many() -> None:
    assert refused(docx(p(BREAD), '<w:p><w:r><w:br w:type="page"/></w:r></w:p>' * 10_000)) == "too_many_pages"


def test_a_docx_without_text_is_refused() -> None:
    assert refused(docx(p(""))) == "no_text"
    assert refused(docx(p(f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>{TRAP}</w:t></w:r>"))) == "no_text"


def test_more_text_than_a_resume_holds_is_refused() -> None:
    assert refused(docx(*(p(f"{BREAD} {number}") for number in range(5000)))) == "too_much_text"


# PDFs


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


def test_actions_and_links_of_a_pdf_are_never_followed(loopback: socket.socket) -> None:
    url = f"http://127.0.0.1:{loopback.getsockname()[1]}/"
    catalog = (
        f"/OpenAction << /S /URI /URI ({url}) >> /AA << /WC << /S /JavaScript /JS (app.launchURL\\('{url}'\\)) >> >>"
    )
    outside = ("", f"<< /F << /FS /URL /F ({url}) >> /Length 0 >>".encode())
    resume = read(pdf(HONEST, catalog=catalog, objects=[outside]))

    assert (resume.text, resume.ignored) == (SEEN, ("javascript",))
    assert not knocked(loopback)


def test_a_flood_of_hidden_text_is_counted_and_not_all_shown() -> None:
    flood = "".join(say(f"{TRAP} {n}", y=600, before=f"{n % 2 * 3} Tr 1 g") for n in range(700))
    resume = read(pdf(HONEST + flood))

    assert len(resume.hidden) == 300
    assert resume.more_hidden > 0
    assert resume.text == SEEN


def test_hidden_text_is_cut_to_what_a_page_can_show() -> None:
    assert len(hidden(pdf(HONEST + say(TRAP * 400, y=600, before="3 Tr")))[0][1]) == 2000
