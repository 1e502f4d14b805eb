"""Finding a text in whatever holds it: as it is, in another encoding, in hexadecimal, base64 or an URL."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LETTERS = "bcdfghjkmnpqrstvwxz"
STEM_LENGTH = 12
AROUND = 60  # bytes shown before and after a find, for the person who looks for the leak


@dataclass(frozen=True, slots=True)
class Hit:
    """A find: in which place, in which form, and its surroundings."""

    place: str
    form: str
    around: bytes


@dataclass(frozen=True, slots=True)
class Canaries:
    """Texts nobody else writes. All of them begin with one stem, so that one search finds every one.

    They are small letters, which no form, e-mail address or URL changes.
    """

    stem: str

    @classmethod
    def hatch(cls) -> Canaries:
        return cls("".join(secrets.choice(LETTERS) for _ in range(STEM_LENGTH)))

    def named(self, name: str) -> str:
        """The canary for one place to type it, such as `answer`."""
        return f"{self.stem}{name}"

    def find(self, data: bytes, place: str) -> list[Hit]:
        """The first find of each form."""
        found = ((form, data.find(needle)) for form, needle in self._needles())
        return [
            Hit(place, form, data[max(at - AROUND, 0) : at + STEM_LENGTH + AROUND]) for form, at in found if at >= 0
        ]

    def find_in_files(self, paths: Iterable[Path]) -> list[Hit]:
        return [hit for path in paths for hit in self.find(path.read_bytes(), str(path))]

    def _needles(self) -> Iterator[tuple[str, bytes]]:
        for text in (self.stem, self.stem.upper(), self.stem.capitalize()):
            yield from forms(text)


def forms(text: str) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every way in which this text may be written down."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = text.encode(encoding)
        yield encoding, raw
        yield f"{encoding} hex", raw.hex().encode()
        yield f"{encoding} HEX", raw.hex().upper().encode()
        for offset in range(3):
            yield f"{encoding} base64+{offset}", _base64_core(raw, offset)
    for form in ("%{:02x}", "%{:02X}"):
        yield "url", "".join(map(form.format, text.encode())).encode()


def _base64_core(raw: bytes, offset: int) -> bytes:
    """What base64 makes of these bytes `offset` bytes into a group of three, whatever stands around them."""
    first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
    return base64.b64encode(bytes(offset) + raw)[first:last]


def files_below(folder: Path, *, without: Iterable[Path]) -> list[Path]:
    """Every file below `folder` that is not below one of `without`."""
    left_out = tuple(without)
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(path.is_relative_to(one) for one in left_out)
    ]
