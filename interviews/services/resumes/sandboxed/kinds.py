"""What a file is by its first bytes."""

PDF, DOCX = "pdf", "docx"
MAGIC = (
    (b"%PDF-", PDF),
    (b"PK\x03\x04", DOCX),  # or another package, which shows when it is opened
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "cfb"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF8", "gif"),
    (b"RIFF", "riff"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"%!PS", "postscript"),
    (b"MZ", "exe"),
    (b"\x7fELF", "elf"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\xcf\xfa\xed\xfe", "macho"),
    (b"#!", "script"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"),
    (b"\xef\xbb\xbf", "text"),
)
PAGE_MARKS = (b"<!doctype html", b"<html", b"<head", b"<script")


def of(content: bytes) -> str:
    """ "pdf", "docx", "protected", or a key of `refusals.KINDS`; "" for an empty file."""
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
    return "protected" if "EncryptedPackage".encode("utf-16-le") in content else "doc"


def _by_text(start: bytes) -> str:
    lowered = start.lstrip().lower()
    if lowered.startswith(PAGE_MARKS):
        return "html"
    if lowered.startswith(b"<?xml"):
        return "xml"
    if b"\x00" not in start:
        try:
            start.decode("utf-8", errors="strict")
        except UnicodeDecodeError as error:
            return "unknown" if error.start < len(start) - 4 else "text"
        return "text"
    return "unknown"
