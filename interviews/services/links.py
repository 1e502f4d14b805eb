"""Links of candidates: a secret in the URL is exchanged at once for a signed cookie.

The cookie maps an interview to the invitation that led there; every request checks the invitation
again, so revoking it works at once. Opening a link writes nothing: mail scanners open them too.
"""

import hashlib
import secrets
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from core import tenancy
from interviews.models import Invitation
from interviews.services import listeners

MOST_IN_A_COOKIE = 8


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
    return f"{settings.PUBLIC_SCHEME}://{tenancy.current().subdomain}.{settings.BASE_DOMAIN}{settings.PUBLIC_PORT}/"


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


def invitation_of_cookie(*, cookie: str | None, interview_id: UUID) -> Invitation:
    """:raises LinkNotValid: unless the cookie holds a valid invitation to this interview."""
    invitation_id = read_cookie(cookie).get(str(interview_id))
    if invitation_id is None:
        raise LinkNotValid
    return _invitation(Q(pk=invitation_id), interview_id, "interview__application__job", "interview__version")


def invitation_of_token(*, token: str, interview_id: UUID) -> Invitation:
    """:raises LinkNotValid: unless the token is a valid invitation to this interview."""
    return _invitation(Q(token_hash=hash_token(token)), interview_id, "interview")


def _invitation(by: Q, interview_id: UUID, *related: str) -> Invitation:
    found = Invitation.objects.select_related(*related).filter(by, interview_id=interview_id, revoked_at=None).first()
    if found is None:
        raise LinkNotValid
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
