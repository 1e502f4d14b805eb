"""Where the events of one interview go, and how they are sealed there."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core import tenancy
from core.redis import key as redis_key
from keys import ring
from keys.box import open_box, seal_box

PATTERN = "candor:*:live:*"  # every channel of every tenant: core.redis.key begins like that


@dataclass(frozen=True, slots=True)
class Channel:
    """`name` is the key of the stream and the name of the channel; `secret` is 32 bytes, the candidate's own."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def mark(self) -> str:
        """The key beside the stream that says since when, or that for good, it is closed."""
        return f"{self.name}:closed"

    def seal(self, event: dict[str, Any]) -> bytes:
        """The event as it lies in Redis: readable with the secret, and in this channel alone."""
        return seal_box(AESGCM(self.secret), json.dumps(event, separators=(",", ":")).encode(), self.name.encode())

    def open(self, sealed: bytes) -> bytes:
        """The event's JSON.

        :raises keys.box.CannotOpen: if it was sealed with another secret or for another channel.
        """
        return open_box(AESGCM(self.secret), sealed, self.name.encode())


def of(interview_id: UUID, subject_id: UUID) -> Channel:
    """The channel of an interview of the current tenant. Its secret goes with the candidate's key.

    :raises keys.ring.KeyDestroyed: if the candidate was erased.
    """
    key = ring.subject_key(tenancy.tenant_id(), subject_id)
    secret = HKDF(hashes.SHA256(), 32, salt=interview_id.bytes, info=b"live").derive(key)
    return Channel(redis_key("live", interview_id.hex), secret)
