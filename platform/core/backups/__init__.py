"""Backup and restore of both databases, the keys and the files.

`making.make` writes a folder, `restoring.restore` brings one back. core knows no app: what an app has to say about a
backup, to check before a restore or to do after one, it registers here in AppConfig.ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class BackupError(Exception):
    """The backup could not be made or restored; the message says what to do. What was there is as it was."""


class NotAfterRestore(Exception):
    """The databases were restored and something that must follow was not done; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What one app has to do with backups.

    :param database: "main" or "keys": of which backup the note is, when the two come from different folders.
    :param note: what to remember in the manifest (JSON, no personal data).
    :param require: is given that note before a restore touches anything.
    :param after: runs when the databases are restored and before anybody serves; returns what it did. What must
        not come back (an ended session, an erased person) goes here.
    """

    database: str = "main"
    note: Callable[[], Any] | None = None
    require: Callable[[Any], None] | None = None
    after: Callable[[], str] | None = None


_concerns: dict[str, Concern] = {}


def register(name: str, concern: Concern) -> None:
    """Let an app take part in backups (called in AppConfig.ready)."""
    _concerns[name] = concern


def concerns() -> dict[str, Concern]:
    """By name, in the order in which they were registered."""
    return dict(_concerns)
