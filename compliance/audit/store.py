import json
from typing import Any

from core import audit, rows
from core.ids import uuid7

# By hand: every act writes one, and building this statement anew each time costs more than the database takes for it.
INSERT = """
    INSERT INTO audit_event (id, action, actor_type, actor_id, object_type, object_id, subject_id, request_id, detail)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"""


def store(*, event: audit.Event, **kwargs: Any) -> None:
    """Insert the event into the current schema's trail; the database writes the time."""
    values: list[Any] = [
        uuid7(),
        event.action,
        event.actor.type,
        event.actor.id,
        event.object_type,
        event.object_id,
        event.subject_id,
        event.request_id,
        json.dumps(event.detail),
    ]
    rows.execute(INSERT, values)
