"""Sessions of staff, in the database of their schema."""

import re

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(DatabaseSessions):
    """A key that Django never made is no key: it does not reach the database (a NUL would be an error there)."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and KEY.fullmatch(key))
