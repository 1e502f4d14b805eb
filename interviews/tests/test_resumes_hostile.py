"""What is no resume, and a DOCX made to harm its reader, is refused with a sentence; nothing of it is opened."""

import base64
import io
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from interviews.services import resumes
from interviews.services.resumes.refusals import KINDS
from interviews.services.resumes.sandboxed import kinds
from interviews.tests.resume_docx import HEAD, SPACES, content_types, docx, p, packed, relations
from interviews.tests.resume_pdf import lines, pdf
from interviews.tests.resumes_read import BREAD, TRAP, quiet_port, read, refused, seen

HONEST = lines("Jane Doe", BREAD)
MEGABYTE = 1024 * 1024
OUTSIDE = Path(tempfile.gettempdir()) / "candor-was-here"


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
    "a path out of the folder": (lambda: archive([(f"../../../..{OUTSIDE}", b"x")]), "strange_archive"),
    "an absolute path": (lambda: archive([(str(OUTSIDE), b"x")]), "strange_archive"),
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
    assert not OUTSIDE.exists()


# XML

BOMB = "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"


def document(declared: str, text: str) -> str:
    return f"{HEAD}{declared}<w:document {SPACES}><w:body>{p(text)}</w:body></w:document>"


def test_an_entity_bomb_is_refused() -> None:
    assert refused(docx(document=document(BOMB, "&a9;"))) == "declarations"


def test_an_entity_bomb_in_another_encoding_is_refused() -> None:
    bomb = document(BOMB, "&a9;").replace("UTF-8", "UTF-16").encode("utf-16")

    assert refused(docx(document=bomb)) == "declarations"


def test_no_file_of_the_server_is_read_and_no_address_is_fetched() -> None:
    with quiet_port() as port:
        for url in ("file:///etc/passwd", port):
            entity, outside = f"<!DOCTYPE a [<!ENTITY x SYSTEM '{url}'>]>", f"<!DOCTYPE a SYSTEM '{url}'>"
            assert refused(docx(document=document(entity, "&x;"))) == "declarations"
            assert refused(docx(document=document(outside, "x"))) == "declarations"
            included = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}" parse="text"/>'
            assert seen(docx(p(BREAD), included)) == [BREAD]


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
