"""Secrets of programs: made once, shown once, kept as a hash.

`<kind>_<subdomain>_<prefix><rest>`: a subdomain holds no underscore, so the parts can't be mistaken for each other.
Random letters and digits of 256 bits need no slow hash: SHA-512 by djangorestframework-api-key. Its models are not
used: they know neither tenants nor scopes nor a second secret for the time of a change.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import sql
from rest_framework_api_key.crypto import KeyGenerator

from core import rows
from tenants.models.secrets import HeldSecret

SHAPE = re.compile(r"(?P<kind>cnd|cndscim)_(?P<tenant>[a-z][a-z0-9-]{0,39})_(?P<secret>[A-Za-z0-9]{51})")
PREFIX = 8
LONGEST_OVERLAP = timedelta(days=7)
_keys = KeyGenerator(prefix_length=PREFIX, secret_key_length=43)
_NOBODYS = _keys.hash("nobody's")


@dataclass(frozen=True, slots=True)
class Made:
    """A new one: `text` is shown once, the rest is stored."""

    text: str
    prefix: str
    hashed: str


def make(kind: str, subdomain: str, prefix: str = "") -> Made:
    """A secret for a tenant's program; with a `prefix` it is another one of the same row."""
    prefix = prefix or _keys.get_prefix()
    text = f"{kind}_{subdomain}_{prefix}{_keys.get_secret_key()}"
    return Made(text, prefix, _keys.hash(text))


def prefix_of(kind: str, text: str) -> str:
    """What finds the row of this secret; "" when the text is none of this kind."""
    found = SHAPE.fullmatch(text)
    return found["secret"][:PREFIX] if found and found["kind"] == kind else ""


def matches(row: HeldSecret | None, text: str, now: datetime) -> bool:
    """Whether the text is the row's secret, or the one before it while that works. Without a row it takes as long."""
    current = row.hashed if row else _NOBODYS
    previous = row.previous_hashed if row and row.previous_until and row.previous_until > now else _NOBODYS
    good = [_keys.verify(text, hashed) for hashed in (current, previous)]
    return any(good)


def touch(row: HeldSecret) -> None:
    """Write that it was used: once a minute at most, and whoever finds the row locked leaves it to the other."""
    table = sql.Identifier(row._meta.db_table)
    statement = sql.SQL(
        "UPDATE {} SET last_used_at = now() WHERE id = (SELECT id FROM {} WHERE id = %s AND"
        " (last_used_at IS NULL OR last_used_at < now() - interval '1 minute') FOR UPDATE SKIP LOCKED)"
    ).format(table, table)
    rows.execute(statement.as_string(), [row.pk])


def touch_is_due(row: HeldSecret, now: datetime) -> bool:
    """Whether the last use that was read is older than a minute."""
    return row.last_used_at is None or row.last_used_at < now - timedelta(minutes=1)
