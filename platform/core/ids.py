"""Keys of rows: UUIDv7, made by the client so that every PostgreSQL serves."""

from uuid import UUID

from uuid_utils import compat


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562), of the standard library's type."""
    return compat.uuid7()
