"""What the pages about accounts show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts import sessions
from accounts.models import AccountMail, Passkey, Session, TeamInvitation, Totp, User
from accounts.models.sessions import Method


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser that somebody is signed in with."""

    name: str
    method: str
    device: str
    started_at: datetime
    seen_at: datetime
    is_current: bool


def sessions_of(*, user_id: UUID, current: str | None) -> list[OwnSession]:
    """The sessions that still run, the one with the key `current` first."""
    rows = Session.objects.filter(user_id=user_id, expire_date__gt=Now(), seen_at__gt=Now() - sessions.idle())
    found = [
        OwnSession(
            name=row.name,
            method=str(Method(row.method).label) if row.method else "",
            device=row.device,
            started_at=row.started_at,
            seen_at=row.seen_at,
            is_current=row.session_key == current,
        )
        for row in rows.exclude(ends_at__lte=Now()).order_by("-seen_at")
    ]
    return sorted(found, key=lambda row: not row.is_current)


def people() -> list[User]:
    """Everybody of the schema with `has_factor` and `last_method_name`; active ones first, by name."""
    confirmed = Totp.objects.filter(user=OuterRef("pk")).exclude(confirmed_at=None)
    newest = Session.objects.filter(user_id=OuterRef("pk")).exclude(method="").order_by("-started_at")
    found = User.objects.annotate(
        has_factor=Exists(confirmed) | Exists(Passkey.objects.filter(user=OuterRef("pk"))),
        last_method=newest.values("method")[:1],
    )
    return [_named(row) for row in found.order_by(F("is_active").desc(), "name", "email")]


def _named(row: Any) -> User:
    row.last_method_name = Method(row.last_method).label if row.last_method else ""
    user: User = row
    return user


def person(user_id: UUID) -> User | None:
    return next((row for row in people() if row.pk == user_id), None)


def pending_invitations() -> QuerySet[TeamInvitation]:
    """Those that were neither accepted nor revoked, with `expired` and `mail_failed`."""
    failed = AccountMail.objects.filter(about_id=OuterRef("pk"), status=AccountMail.Status.FAILED)
    rows = TeamInvitation.objects.filter(status=TeamInvitation.Status.PENDING)
    return rows.annotate(mail_failed=Exists(failed))
