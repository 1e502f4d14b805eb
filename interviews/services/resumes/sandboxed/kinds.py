"""What a file is by its first bytes."""

PDF, DOCX = "pdf", "docx"
MAGIC = (
    (b"%PDF-", PDF),
    (b"PK\x03\x04", DOCX),  # or another package, which shows when it is opened
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "cfb"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a WebP picture or a recording"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"%!PS", "a PostScript file"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"#!", "a script"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xef\xbb\xbf", "a text file"),
)
PAGE_MARKS = (b"<!doctype html", b"<html", b"<head", b"<script")


def of(content: bytes) -> str:
    """ "pdf", "docx", "protected", or in words what else it is; "" for an empty file."""
    for magic, kind in MAGIC:
        if content.startswith(magic):
            return _compound(content) if kind == "cfb" else kind
    return _by_text(content[:4096]) if content else ""


def is_two_at_once(content: bytes, kind: str) -> bool:
    """Whether another program would open another document in the same bytes."""
    if kind == PDF:
        return b"PK\x05\x06" in content[-66_000:] and b"PK\x01\x02" in content
    return b"%PDF-" in content[:1024]


def _compound(content: bytes) -> str:
    """A protected DOCX is an old compound file around the encrypted package."""
    return "protected" if "EncryptedPackage".encode("utf-16-le") in content else "an old Word document (.doc)"


def _by_text(start: bytes) -> str:
    lowered = start.lstrip().lower()
    if lowered.startswith(PAGE_MARKS):
        return "a web page"
    if lowered.startswith(b"<?xml"):
        return "an XML file"
    if b"\x00" not in start:
        try:
            start.decode("utf-8", errors="strict")
        except UnicodeDecodeError as error:
            return "an unknown file" if error.start < len(start) - 4 else "a text file"
        return "a text file"
    return "an unknown file"
