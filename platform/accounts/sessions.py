"""Sessions of staff, in the database of their schema."""

import re

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db import connections
from psycopg import sql

KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(DatabaseSessions):
    """A key that Django never made is no key: it does not reach the database (a NUL would be an error there)."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and KEY.fullmatch(key))


def end_all() -> str:
    """End every session of every schema: a restore would bring back those that were ended since. Says how many."""
    ended = 0
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'django_session'")
        for (schema,) in cursor.fetchall():
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(schema, "django_session")))
            ended += cursor.rowcount
    return f"{ended} ended; everybody signs in again"
