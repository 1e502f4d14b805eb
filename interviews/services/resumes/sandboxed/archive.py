"""A DOCX is a ZIP archive: looked over before anything of it is unpacked."""

import io
import re
import zipfile

from lxml import etree

from . import bounds
from .refusal import Refusal

OTHERS = (
    (b"mimetypeapplication/vnd.oasis.opendocument.text", "odt"),
    (b"mimetypeapplication/epub", "epub"),
)
FOLDERS = (
    ("xl/", "spreadsheet"),
    ("ppt/", "presentation"),
    ("Index/", "pages"),
    ("META-INF/", "program"),
)
DECLARATIONS = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
MACROS = re.compile(r"(^|/)vba(Project|Data)[^/]*$", re.IGNORECASE)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """The parts of a DOCX, unpacked one by one on demand.

    :raises Refusal: if it is no DOCX, or hostile by its table of contents alone.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise Refusal("malformed") from error
        self.names = [entry.filename for entry in self._zip.infolist()]
        self._refuse_hostile(self._zip.infolist(), len(content))
        self._refuse_others(content)
        if any(MACROS.search(name) for name in self.names):
            raise Refusal("macros")

    def xml(self, name: str) -> etree._Element | None:
        """A part's tree; None where there is no such part."""
        if name not in self.names:
            return None
        data = self._read(name)
        if DECLARATIONS.search(data.replace(b"\x00", b"")):
            raise Refusal("declarations")
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as error:
            raise Refusal("malformed") from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise Refusal("declarations")
        return root

    def _read(self, name: str) -> bytes:
        if self._zip.getinfo(name).file_size > bounds.MAX_PART:
            raise Refusal("unpacks_too_large")
        try:
            with self._zip.open(name) as part:
                data = part.read(bounds.MAX_PART + 1)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, NotImplementedError) as error:
            raise Refusal("malformed") from error
        except zipfile.zlib.error as error:  # type: ignore[attr-defined]
            raise Refusal("malformed") from error
        if len(data) > bounds.MAX_PART:
            raise Refusal("unpacks_too_large")
        return data

    def _refuse_hostile(self, entries: list[zipfile.ZipInfo], size: int) -> None:
        if any(entry.flag_bits & 0x1 for entry in entries):
            raise Refusal("encrypted")
        if len(entries) > bounds.MAX_ENTRIES or sum(entry.file_size for entry in entries) > bounds.MAX_UNPACKED:
            raise Refusal("unpacks_too_large")
        if any(_is_bomb(entry) for entry in entries) or _is_bomb_whole(entries, size):
            raise Refusal("unpacks_too_large")
        if len({name.lower() for name in self.names}) != len(self.names) or any(map(_leads_out, self.names)):
            raise Refusal("strange_archive")
        if any(entry.compress_type not in METHODS for entry in entries) or _overlap(entries):
            raise Refusal("strange_archive")
        if entries and min(entry.header_offset for entry in entries) != 0:
            raise Refusal("strange_archive")  # something stands before it

    def _refuse_others(self, content: bytes) -> None:
        for mark, what in OTHERS:
            if content[30 : 30 + len(mark)] == mark:
                raise Refusal("wrong_kind", what)
        if "[Content_Types].xml" in self.names and any(name.startswith("word/") for name in self.names):
            return
        what = next((what for folder, what in FOLDERS if any(n.startswith(folder) for n in self.names)), "zip")
        raise Refusal("wrong_kind", what)


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    large = entry.file_size > bounds.RATIO_COUNTS_FROM
    return large and entry.file_size > bounds.MAX_RATIO * max(entry.compress_size, 1)


def _is_bomb_whole(entries: list[zipfile.ZipInfo], size: int) -> bool:
    unpacked = sum(entry.file_size for entry in entries)
    return unpacked > bounds.RATIO_COUNTS_FROM and unpacked > bounds.MAX_RATIO * size


def _leads_out(name: str) -> bool:
    steps = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in steps or ":" in name or "\x00" in name or "\\" in name


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether two entries share bytes, as in bombs that unpack one kernel many times."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            return True
        end = entry.header_offset + 30 + len(entry.orig_filename.encode()) + entry.compress_size
    return False
