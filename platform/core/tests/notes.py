"""A task for tests of tasks: it writes down where it ran."""

from uuid import UUID

from core import audit, tenancy
from core.claims import AlreadyClaimed
from core.tasks import tenant_task

seen: list[tuple[str, UUID, str, audit.Actor]] = []


@tenant_task("core.tests.note", queue="default")
def note(*, letter_id: UUID, text: str = "") -> None:
    seen.append((tenancy.schema(), letter_id, text, audit.actor.get()))
    if text == "break":
        raise ZeroDivisionError
    if text == "claimed":
        raise AlreadyClaimed("by another")
