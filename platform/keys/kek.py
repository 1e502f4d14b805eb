"""The key-encryption key: wraps tenant keys. From a file here; a KMS takes the same two functions."""

import hashlib
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from keys.box import open_box, seal_box


class BadKek(RuntimeError):
    """The key-encryption key's file is missing or malformed; restore it from its back-up."""


@cache
def _kek() -> tuple[str, AESGCM]:
    path = Path(settings.KEK_FILE)
    try:
        raw = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise BadKek(f"{path.name} can't be read as 64 hexadecimal digits.") from error
    if len(raw) != 32:
        raise BadKek(f"{path.name} must hold 64 hexadecimal digits.")
    return hashlib.sha256(b"candor kek id" + raw).hexdigest()[:16], AESGCM(raw)


def kek_id() -> str:
    """A fingerprint of the key in use, stored beside what it wrapped."""
    return _kek()[0]


def wrap(key: bytes, context: bytes) -> bytes:
    """`key` sealed for `context`."""
    return seal_box(_kek()[1], key, context)


def unwrap(wrapped: bytes, context: bytes) -> bytes:
    """:raises keys.box.CannotOpen: if another key wrapped it or the context differs."""
    return open_box(_kek()[1], wrapped, context)
