"""Sessions of staff, in the database of their schema: they end when idle, and after a day's work at the latest."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

from accounts.models import Session
from core import clock, tenancy
from core.backups import ending

KEY = re.compile(r"[a-z0-9]{32}")
STARTED, ENDS, METHOD, DEVICE = "started", "ends", "method", "device"  # what `signing_in.begin` leaves in the session
IDLE, LONGEST = timedelta(hours=2), timedelta(hours=12)
PLATFORM_IDLE, PLATFORM_LONGEST = timedelta(minutes=30), timedelta(hours=8)
SEEN_EVERY = timedelta(minutes=1)


def idle() -> timedelta:
    """How long a session of this schema lasts unused."""
    return PLATFORM_IDLE if _on_platform() else IDLE


def longest() -> timedelta:
    """How long a session of this schema lasts however much it is used."""
    return PLATFORM_LONGEST if _on_platform() else LONGEST


def _on_platform() -> bool:
    return isinstance(tenancy.in_use(), tenancy.Platform)


class SessionStore(DatabaseSessions):
    """A key that Django never made is no key: it does not reach the database (a NUL would be an error there)."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        now = clock.now()
        row = Session(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            method=data.get(METHOD, ""),
            device=data.get(DEVICE, ""),
            started_at=now,
            seen_at=now,
        )
        row.user_id = data.get(SESSION_KEY)
        if STARTED in data:
            row.started_at = datetime.fromisoformat(data[STARTED])
            ends = row.started_at + longest()
            row.ends_at = min(ends, datetime.fromisoformat(data[ENDS])) if ENDS in data else ends
        return row

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        if row is None or row.user_id is None:
            return row
        now = clock.now()
        if row.seen_at <= now - idle() or (row.ends_at is not None and row.ends_at <= now):
            self._session_key = None
            return None
        if row.seen_at <= now - SEEN_EVERY:
            Session.objects.filter(pk=row.pk, seen_at=row.seen_at).update(seen_at=now)
        return row

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and KEY.fullmatch(key))


def end_all() -> str:
    """End every session of every schema: a restore would bring back those that were ended since. Says how many."""
    ended = ending.in_every_schema("staff_session", "DELETE FROM {}")
    return f"{ended} ended; everybody signs in again"
