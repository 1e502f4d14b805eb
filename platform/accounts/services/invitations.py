"""Invitations into the team: a mailed link, good for a week and for one person, that sets the password."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import TeamInvitation, User, normalise_email
from accounts.roles import Permission, Role
from accounts.services import mail, passwords, people, seats
from core import audit, clock, state
from core.entitlements import NoSeatLeft
from core.state import TransitionNotAllowed

LASTS = timedelta(days=7)
Status = TeamInvitation.Status


class AlreadyInvited(Exception):
    """Somebody with this address is in the team or was invited: look for them in the list and send the mail again."""


class InvitationGone(LookupError):
    """The link was used, replaced, revoked or is older than a week, or who sent it may not invite any more."""


class OwnersOnly(Exception):
    """Only an owner makes owners, and changes them."""


@transaction.atomic
def invite(*, email: str, name: str, role: Role, by: User | None = None) -> TeamInvitation:
    """Invite somebody by mail; `by` is None for the first owner of a new tenant.

    Somebody who is in the team but never signed in and has no password is invited to set one.

    :raises AlreadyInvited: if the address can sign in here, has another role here, or is invited.
    :raises OwnersOnly: if `by` may not make an owner.
    :raises core.entitlements.NoSeatLeft: if the plan includes no more people.
    """
    if by is not None:
        by.require(Permission.MANAGE_PEOPLE)
        require_owner_for(by, role)
    email = normalise_email(email)
    known = User.objects.filter(email=email).first()
    if known is not None and (not _is_new(known) or known.role != role):
        raise AlreadyInvited(email)
    if known is None or not known.is_active:
        seats.require()
    TeamInvitation.objects.filter(email=email, status=Status.PENDING, expires_at__lte=clock.now()).update(
        status=Status.REVOKED, closed_at=clock.now()
    )
    try:
        with transaction.atomic():
            row = TeamInvitation.objects.create(
                email=email, name=name, role=role, invited_by_id=by.pk if by else None, expires_at=clock.now() + LASTS
            )
    except IntegrityError as error:
        raise AlreadyInvited(email) from error
    audit.record("invitation.made", row, role=role)
    mail.owe(kind=mail.Kind.INVITATION, about_id=row.pk)
    return row


def require_owner_for(by: User, *roles: str) -> None:
    """:raises OwnersOnly: if one of the roles is that of an owner and `by` is none."""
    if Role.OWNER in roles and by.role != Role.OWNER:
        raise OwnersOnly


def _is_new(user: User) -> bool:
    return user.is_active and user.last_login is None and not user.has_usable_password()


@transaction.atomic
def resend(*, invitation_id: UUID, by: User) -> None:
    """Send a new link, good for another week; the one before leads nowhere once it went.

    :raises InvitationGone: if it was accepted or revoked.
    """
    row = _pending(invitation_id, by)
    TeamInvitation.objects.filter(pk=row.pk).update(expires_at=clock.now() + LASTS, invited_by_id=by.pk)
    audit.record("invitation.resent", row)
    mail.owe(kind=mail.Kind.INVITATION, about_id=row.pk)


@transaction.atomic
def revoke(*, invitation_id: UUID, by: User) -> None:
    """:raises InvitationGone: if it was accepted or revoked."""
    row = _pending(invitation_id, by)
    state.move(row, Status.REVOKED, token_hash="", closed_at=clock.now())
    audit.record("invitation.revoked", row)


def _pending(invitation_id: UUID, by: User) -> TeamInvitation:
    by.require(Permission.MANAGE_PEOPLE)
    row = TeamInvitation.objects.select_for_update().filter(pk=invitation_id, status=Status.PENDING).first()
    if row is None:
        raise InvitationGone
    require_owner_for(by, row.role)
    return row


def open_link(*, token: str) -> TeamInvitation:
    """The invitation that this secret belongs to.

    :raises InvitationGone: if there is none any more.
    """
    found = TeamInvitation.objects.filter(
        token_hash=_hash(token), status=Status.PENDING, expires_at__gt=clock.now()
    ).first()
    if found is None or not _is_meant(found):
        raise InvitationGone
    return found


def _is_meant(row: TeamInvitation) -> bool:
    """Whoever sent it could still send it: what they left behind ends with their role, or when they are disabled."""
    if row.invited_by_id is None:
        return True
    by = User.objects.filter(pk=row.invited_by_id).first()
    return by is not None and by.may(Permission.MANAGE_PEOPLE) and (row.role != Role.OWNER or by.role == Role.OWNER)


@transaction.atomic
def accept(*, token: str, name: str, password: str) -> User:
    """Join: the person exists from now on and has this password.

    :raises InvitationGone: if the link works no longer; of two at once one finds that.
    :raises passwords.TooWeak: if the password is.
    """
    row = open_link(token=token)
    try:
        state.move(row, Status.ACCEPTED, token_hash="", closed_at=clock.now())
        user = User.objects.filter(email=row.email).first() or people.create(
            email=row.email, name=name, role=Role(row.role), source="invitation"
        )
    except (TransitionNotAllowed, people.AddressTaken, NoSeatLeft) as error:
        raise InvitationGone from error
    if not _is_new(user) or user.role != row.role:
        raise InvitationGone
    User.objects.filter(pk=user.pk).update(name=name)
    user.name = name
    passwords.set_first(user=user, password=password)
    audit.record("invitation.accepted", row, user_id=str(user.pk))
    return user


def _letter(invitation_id: UUID) -> mail.Letter | None:
    """A fresh secret, stored as its hash; the one mailed before is void."""
    token = secrets.token_urlsafe(32)
    pending = TeamInvitation.objects.filter(pk=invitation_id, status=Status.PENDING)
    if not pending.update(token_hash=_hash(token)):
        return None
    row = pending.get()
    inviter = User.objects.filter(pk=row.invited_by_id).first() if row.invited_by_id else None
    context = {
        "name": row.name,
        "inviter": inviter and inviter.name,
        "role": row.get_role_display(),
        "link": f"{mail.site_url()}/join/{token}/",
        "expires_at": row.expires_at,
    }
    return row.email, context


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


mail.register(mail.Kind.INVITATION, _letter)
