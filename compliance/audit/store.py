from typing import Any

from compliance.audit.models import AuditEvent
from core import audit


def store(*, event: audit.Event, **kwargs: Any) -> AuditEvent:
    """Insert the event into the current schema's trail."""
    return AuditEvent.objects.create(
        action=event.action,
        actor_type=event.actor.type,
        actor_id=event.actor.id,
        object_type=event.object_type,
        object_id=event.object_id,
        subject_id=event.subject_id,
        request_id=event.request_id,
        detail=event.detail,
    )
