"""A file that is sealed piece by piece while it is written, and opened the same way."""

import struct
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.box import CannotOpen, open_box, seal_box

PIECE = 1024 * 1024  # bytes of plain text
HEADER = struct.Struct(">I")


class SealedWriter:
    """Takes plain bytes and writes sealed pieces; each is bound to its place, and the last one says so.

    It can't be rewound, which a ZIP does not need.
    """

    def __init__(self, file: BinaryIO, key: bytes, context: str) -> None:
        self._file, self._cipher, self._context = file, AESGCM(key), context
        self._waiting = bytearray()
        self._number = 0

    def __enter__(self) -> "SealedWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *more: BaseException | TracebackType | None) -> None:
        if kind is None:
            self._put(bytes(self._waiting), last=True)

    def write(self, plain: bytes) -> int:
        self._waiting += plain
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        return len(plain)

    def flush(self) -> None:
        self._file.flush()

    def _put(self, plain: bytes, *, last: bool) -> None:
        sealed = seal_box(self._cipher, plain, _place(self._context, self._number, last))
        self._file.write(HEADER.pack(len(sealed)) + sealed)
        self._number += 1


def read_sealed(file: BinaryIO, key: bytes, context: str) -> Iterator[bytes]:
    """The plain pieces; the file is closed at the end.

    :raises keys.box.CannotOpen: if a piece is missing, or was sealed for another place.
    """
    cipher, number = AESGCM(key), 0
    with file:
        sealed = _next(file)
        while sealed:
            following = _next(file)
            yield open_box(cipher, sealed, _place(context, number, not following))
            sealed, number = following, number + 1


def _next(file: BinaryIO) -> bytes:
    header = file.read(HEADER.size)
    if not header:
        return b""
    if len(header) != HEADER.size:
        raise CannotOpen("The file ends in the middle.")
    return file.read(HEADER.unpack(header)[0])


def _place(context: str, number: int, last: bool) -> bytes:
    return f"{context}|{number}|{'last' if last else 'more'}".encode()
