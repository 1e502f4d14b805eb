"""Sealing a few bytes of a row that exists in tenants and on the platform alike (a second factor's secret).

In a tenant the key is the tenant's. The platform has a key of its own, wrapped by the same KEK, under an id that no
tenant can have. The associated data is owner | label | row id, so that a moved ciphertext does not open.
"""

from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core import tenancy
from keys import ring
from keys.box import open_box, seal_box

PLATFORM = UUID(int=0)
PURPOSE = "sealing"


def seal(plain: bytes, *, label: str, row_id: UUID) -> bytes:
    """:raises core.tenancy.NoTenant: if neither a tenant nor the platform was entered."""
    owner = _owner()
    if owner == PLATFORM:
        ring.create_tenant_key(PLATFORM)
    return seal_box(_cipher(owner), plain, _context(owner, label, row_id))


def unseal(sealed: bytes, *, label: str, row_id: UUID) -> bytes:
    """:raises keys.box.CannotOpen: if it was sealed for another place."""
    owner = _owner()
    return open_box(_cipher(owner), sealed, _context(owner, label, row_id))


def _owner() -> UUID:
    return PLATFORM if isinstance(tenancy.in_use(), tenancy.Platform) else tenancy.tenant_id()


def _cipher(owner: UUID) -> AESGCM:
    return AESGCM(ring.derived(owner, PURPOSE))


def _context(owner: UUID, label: str, row_id: UUID) -> bytes:
    return f"{owner}|{label}|{row_id}".encode()
