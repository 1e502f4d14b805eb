"""Reads of the audit trail: one tenant's, newest first. They are called through services.trail, which audits first."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from compliance.audit import sentences
from compliance.audit.models import AuditEvent
from core import tenancy
from tenants.models import ApiKey

PAGE = 50
SLACK = timedelta(days=1)  # between a row's id, made by a client's clock, and its time, by the database's
STAFF = "platform"  # its people have no name for a tenant, nor an id
ACTORS = {
    "user": _("A person of the team"),
    "candidate": _("A candidate"),
    "support": _("Support"),
    STAFF: _("Candor's staff"),
    "api_key": _("An API key"),
    "scim": _("The directory (SCIM)"),
    "system": _("The system"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: all of it must hold, "" and None leave nothing out. Days are whole, in UTC, `until` is included.

    `row` is the id of what was acted on, or of the candidate it is about; `act` its name, or the beginning up to a
    dot; `before` the id of the last event of the page before.
    """

    kind: str = ""
    actor_id: UUID | None = None
    row: str = ""
    act: str = ""
    since: date | None = None
    until: date | None = None
    before: UUID | None = None


def trail(wanted: Wanted, *, details: bool) -> dict[str, Any]:
    """A page of events, and in `next` the id to go on from, None at the end; without `details` no event has any."""
    rows = AuditEvent.objects.filter(_wanted(wanted), *_range(wanted)).order_by("-id")
    found = list(rows[: PAGE + 1])
    events, names = found[:PAGE], _names(found)
    return {
        "events": [_event(event, names) | ({} if details else {"detail": []}) for event in events],
        "next": events[-1].pk if len(found) > PAGE else None,
    }


def _wanted(wanted: Wanted) -> Q:
    q = Q(actor_type=wanted.kind) if wanted.kind else Q()
    if wanted.actor_id:
        q &= Q(actor_type="user", actor_id=wanted.actor_id)
    if wanted.act:
        whole = not wanted.act.endswith(".")
        q &= Q(action=wanted.act) if whole else Q(action__startswith=wanted.act)
    return q & _about(wanted.row) if wanted.row else q


def _about(row: str) -> Q:
    """By both of the trail's indexes: that of the objects begins with their type."""
    types = [model._meta.label_lower for model in apps.get_models()]
    about = Q(object_type__in=types, object_id=row)
    try:
        return about | Q(subject_id=UUID(row))
    except ValueError:
        return about


def _range(wanted: Wanted) -> list[Q]:
    """The days, and by their ids, which grow with time, the part of the primary key that has to be looked at."""
    parts = []
    if wanted.before:
        parts.append(Q(pk__lt=wanted.before))
    if wanted.since:
        start = _midnight(wanted.since)
        parts.append(Q(at__gte=start, pk__gte=_first_id(start - SLACK)))
    if wanted.until:
        end = _midnight(wanted.until) + timedelta(days=1)
        parts.append(Q(at__lt=end, pk__lt=_first_id(end + SLACK)))
    return parts


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _first_id(moment: datetime) -> UUID:
    """No UUIDv7 of this millisecond or a later one is smaller."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _names(events: list[AuditEvent]) -> dict[UUID, str]:
    """Of the people of the team, disabled ones too, and of the tenant's API keys, revoked ones too."""
    people: QuerySet[User] = User.objects.filter(pk__in=_actors(events, "user"))
    # Keys stand in public: only this tenant's are named.
    keys = ApiKey.objects.filter(pk__in=_actors(events, "api_key"), tenant_id=tenancy.tenant_id())
    return {user.pk: str(user) for user in people} | {
        key.pk: str(_("API key %(name)s") % {"name": key.name}) for key in keys
    }


def _actors(events: list[AuditEvent], kind: str) -> set[UUID]:
    return {event.actor_id for event in events if event.actor_type == kind and event.actor_id}


def _event(event: AuditEvent, names: dict[UUID, str]) -> dict[str, Any]:
    by_name = names.get(event.actor_id) if event.actor_id else None
    return {
        "id": event.pk,
        "at": event.at,
        "action": event.action,
        "said": sentences.of(event.action, event.detail.get("route", "")),
        "who": by_name or ACTORS.get(event.actor_type, event.actor_type),
        "who_id": event.actor_id if not by_name and event.actor_type != STAFF else None,
        "object_type": event.object_type.rpartition(".")[2],
        "object_id": event.object_id,
        "subject_id": event.subject_id,
        "detail": [(_spaced(key), _readable(value)) for key, value in event.detail.items() if value != ""],
    }


def _readable(value: Any) -> Any:
    """What a detail holds, for people: yes and no, lists with commas, and what is inside of a group by its names."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return ", ".join(f"{_spaced(key)} {_readable(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(str(_readable(inner)) for inner in value)
    return "–" if value is None else value


def _spaced(key: str) -> str:
    return key.replace("_", " ")
