"""The audit trail's public face: who did what to which row, and never with which words.

core knows no app, so an event goes out as a signal; compliance.audit stores it in the current schema.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from django.db import models
from django.dispatch import Signal

recorded = Signal()


class NoAuditStore(RuntimeError):
    """An event was recorded and nobody stored it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: `type` is user, candidate, system, support, platform, api_key or scim (a directory)."""

    type: str
    id: UUID | None = None


SYSTEM = Actor("system")
actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `detail` holds ids, numbers and states, never content."""

    action: str
    actor: Actor
    object_type: str
    object_id: str
    subject_id: UUID | None
    request_id: str
    detail: dict[str, Any] = field(default_factory=dict)


def record(action: str, obj: models.Model | None = None, *, subject_id: UUID | None = None, **detail: Any) -> None:
    """Store an event in the current transaction and schema.

    :raises NoAuditStore: if no app stores events; work that can't be audited must not happen.
    """
    event = Event(
        action=action,
        actor=actor.get(),
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        subject_id=subject_id or getattr(obj, "subject_id", None),
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        detail=detail,
    )
    if not recorded.send(sender=None, event=event):
        raise NoAuditStore(action)
