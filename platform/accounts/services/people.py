"""People of the current schema: made, changed, disabled. Invitations, SAML, SCIM and the admin all come here."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User, normalise_email
from accounts.roles import Role
from accounts.services import seats, signing_in
from core import audit

_when_disabled: dict[str, Callable[[UUID], None]] = {}


class AddressTaken(Exception):
    """Somebody with this e-mail address is in the team already."""


class LastOwner(Exception):
    """The last active owner can't be disabled or given another role: make somebody else an owner first."""


def when_disabled(name: str, act: Callable[[UUID], None]) -> None:
    """Have `act(user_id)` called in the transaction that disables somebody (called in AppConfig.ready)."""
    _when_disabled[name] = act


def create(*, email: str, name: str, role: Role, source: str, **fields: Any) -> User:
    """A person who can't sign in with a password until one is set. `source` says who wanted it: invitation, saml, scim.

    :raises AddressTaken: if the address is in use here.
    :raises core.entitlements.NoSeatLeft: if the plan includes no more people.
    """
    try:
        with transaction.atomic():
            seats.require()
            user = User.objects.create_user(normalise_email(email), None, name=name, role=role, **fields)
            audit.record("user.created", user, source=source, role=role)
    except IntegrityError as error:
        raise AddressTaken(email) from error
    return user


@transaction.atomic
def disable(*, user_id: UUID, source: str) -> None:
    """End everything this person can do, at once: sessions, API keys, whatever apps registered. Twice is once.

    :raises LastOwner: if nobody else could run the tenant.
    """
    user = _locked(user_id)
    if not user.is_active:
        return
    _keep_an_owner(user)
    User.objects.filter(pk=user_id).update(is_active=False)
    signing_in.end_all(user_id=user_id)
    for act in _when_disabled.values():
        act(user_id)
    audit.record("user.disabled", user, source=source)


@transaction.atomic
def enable(*, user_id: UUID, source: str) -> None:
    """Let a disabled person sign in again; sessions and keys stay ended.

    :raises core.entitlements.NoSeatLeft: if the plan includes no more people.
    """
    user = _locked(user_id)
    if user.is_active:
        return
    seats.require()
    if User.objects.filter(pk=user_id, is_active=False).update(is_active=True):
        audit.record("user.enabled", user, source=source)


@transaction.atomic
def change_role(*, user_id: UUID, role: Role, source: str) -> None:
    """Give another role; it counts from the next request on.

    :raises LastOwner: if nobody else could run the tenant.
    """
    user = _locked(user_id)
    if user.role == role:
        return
    if role != Role.OWNER:
        _keep_an_owner(user)
    User.objects.filter(pk=user_id).update(role=role)
    audit.record("user.role_changed", user, source=source, before=user.role, role=role)


def _locked(user_id: UUID) -> User:
    """The row, locked after those of every owner: two owners who disable each other must not both succeed."""
    list(User.objects.select_for_update().filter(role=Role.OWNER).order_by("pk").values_list("pk"))
    return User.objects.select_for_update().get(pk=user_id)


def _keep_an_owner(user: User) -> None:
    others = User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=user.pk)
    if user.role == Role.OWNER and user.is_active and not others.exists():
        raise LastOwner(str(user.pk))
