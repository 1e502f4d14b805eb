"""Links of candidates: a secret in the URL is exchanged at once for a signed cookie.

The cookie maps an interview to the invitation that led there; every request checks the invitation
again, so revoking it works at once. Opening a link writes nothing: mail scanners open them too.
"""

import hashlib
import secrets
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from core import tenancy
from interviews.models import Interview, Invitation

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


def interview_of_cookie(*, cookie: str | None, interview_id: UUID) -> Interview:
    """:raises LinkNotValid: unless the cookie holds a valid invitation to this interview."""
    invitation_id = read_cookie(cookie).get(str(interview_id))
    if invitation_id is None:
        raise LinkNotValid
    return _interview(Q(pk=invitation_id), interview_id)


def interview_of_token(*, token: str, interview_id: UUID) -> Interview:
    """:raises LinkNotValid: unless the token is a valid invitation to this interview."""
    return _interview(Q(token_hash=hash_token(token)), interview_id)


def interview_ids(*, cookie: str | None, token: str | None) -> list[UUID]:
    """The interviews that a cookie's or a token's holder may see."""
    by = Q(token_hash=hash_token(token)) if token else Q(pk__in=list(read_cookie(cookie).values()))
    return list(Invitation.objects.filter(by, revoked_at=None).values_list("interview_id", flat=True))


def _interview(by: Q, interview_id: UUID) -> Interview:
    related = ("interview__application__job", "interview__version")
    found = Invitation.objects.select_related(*related).filter(by, interview_id=interview_id, revoked_at=None).first()
    if found is None:
        raise LinkNotValid
    return found.interview


def mark_used(*, interview_id: UUID, cookie: str | None) -> None:
    """The invitation in use replaces the older ones: from now on they lead nowhere."""
    invitation_id = read_cookie(cookie).get(str(interview_id))
    if invitation_id is None:
        return
    Invitation.objects.filter(pk=invitation_id, used_at=None).update(used_at=Now())
    Invitation.objects.filter(interview_id=interview_id, revoked_at=None, pk__lt=invitation_id).update(revoked_at=Now())


def _salt() -> str:
    return f"candidate:{tenancy.schema()}"
