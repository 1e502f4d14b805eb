"""AES-256-GCM with a 96-bit random nonce: the one place that seals and opens bytes."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class CannotOpen(Exception):
    """The ciphertext was made with another key or for another place."""


def seal_box(cipher: AESGCM, plain: bytes, context: bytes) -> bytes:
    """nonce | ciphertext | tag, bound to `context` as associated data."""
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, plain, context)


def open_box(cipher: AESGCM, sealed: bytes, context: bytes) -> bytes:
    """:raises CannotOpen: if the key or the context is another."""
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], context)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("The ciphertext does not belong here.") from error
