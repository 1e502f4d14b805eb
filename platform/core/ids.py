"""Keys of rows: UUIDv7, made by the client so that every PostgreSQL serves."""

from datetime import datetime
from uuid import UUID

from uuid_utils import compat


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562), of the standard library's type."""
    return compat.uuid7()


def first_at(moment: datetime) -> UUID:
    """The lowest UUIDv7 of this millisecond: a bound for rows by the time their keys were made."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
