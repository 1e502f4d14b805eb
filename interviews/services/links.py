"""Links of candidates: a secret in the URL is exchanged at once for a signed cookie.

The cookie maps an interview to the invitation that led there; every request checks the invitation
again, so revoking it works at once. Opening a link writes nothing: mail scanners open them too.
"""

import hashlib
import secrets
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from core import tenancy
from interviews.models import Interview, Invitation
from interviews.services import listeners

MOST_IN_A_COOKIE = 8

# By hand: every request of a candidate asks, and building them anew costs more than the database takes for it.
BY_ID = "SELECT * FROM interviews_invitation WHERE id = %s AND interview_id = %s AND revoked_at IS NULL"
BY_TOKEN = "SELECT * FROM interviews_invitation WHERE token_hash = %s AND interview_id = %s AND revoked_at IS NULL"
INTERVIEW = "SELECT * FROM interviews_interview WHERE id = %s"


class LinkNotValid(LookupError):
    """The link is wrong, was revoked, or its invitation was replaced."""


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def portal_url() -> str:
    """The address of the tenant's portal."""
    return f"{tenancy.current().address}/"


def link_url(token: str) -> str:
    """The absolute address of a link on the tenant's host."""
    return portal_url().rstrip("/") + reverse("candidate_link", args=[token], urlconf=settings.ROOT_URLCONF)


def exchange(*, token: str) -> Invitation:
    """The valid invitation of this token.

    :raises LinkNotValid: otherwise.
    """
    found = Invitation.objects.select_related("interview").filter(token_hash=hash_token(token)).first()
    if found is None or found.revoked_at is not None:
        raise LinkNotValid
    return found


def write_cookie(old: str | None, invitation: Invitation) -> str:
    """The signed cookie value that adds this invitation to what the browser already holds."""
    held = read_cookie(old)
    held.pop(str(invitation.interview_id), None)
    held[str(invitation.interview_id)] = str(invitation.pk)
    newest = dict(list(held.items())[-MOST_IN_A_COOKIE:])
    return signing.dumps(newest, salt=_salt(), compress=True)


def read_cookie(value: str | None) -> dict[str, str]:
    """interview id -> invitation id; empty for a missing, forged, foreign or old cookie."""
    if not value:
        return {}
    try:
        held = signing.loads(value, salt=_salt(), max_age=settings.CANDIDATE_COOKIE_AGE)
    except signing.BadSignature:
        return {}
    return held if isinstance(held, dict) else {}


def invitation_of_cookie(*, cookie: str | None, interview_id: UUID, related: tuple[str, ...] = ()) -> Invitation:
    """With its interview, and what of that is named in `related`.

    :raises LinkNotValid: unless the cookie holds a valid invitation to this interview.
    """
    invitation_id = read_cookie(cookie).get(str(interview_id))
    if invitation_id is None:
        raise LinkNotValid
    return _invitation(BY_ID, invitation_id, interview_id, related)


def invitation_of_token(*, token: str, interview_id: UUID) -> Invitation:
    """:raises LinkNotValid: unless the token is a valid invitation to this interview."""
    return _invitation(BY_TOKEN, hash_token(token), interview_id, ())


def _invitation(statement: str, secret: str, interview_id: UUID, related: tuple[str, ...]) -> Invitation:
    found = next(iter(Invitation.objects.raw(statement, [secret, interview_id])), None)
    if found is None:
        raise LinkNotValid
    interviews: Iterable[Interview] = Interview.objects.raw(INTERVIEW, [interview_id])
    if related:
        interviews = Interview.objects.select_related(*related).filter(pk=interview_id)
    found.interview = next(iter(interviews))
    return found


def use(invitation: Invitation) -> None:
    """The candidate acts through this invitation: from now on the older ones lead nowhere."""
    if invitation.used_at is not None:
        return
    older = Invitation.objects.filter(interview_id=invitation.interview_id, revoked_at=None, pk__lt=invitation.pk)
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=Now())
        if older.update(revoked_at=Now()):
            listeners.dismiss(invitation.interview)


def _salt() -> str:
    return f"candidate:{tenancy.schema()}"
