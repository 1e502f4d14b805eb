"""What one person of the team may do to another: the rules of owners around `people`."""

from uuid import UUID

from accounts.models import User
from accounts.roles import Permission, Role
from accounts.services import people, second_factor, signing_in
from accounts.services.invitations import require_owner_for
from core import audit

TEAM = "team"


class NotYourself(Exception):
    """Nobody changes their own role or disables themselves: ask another owner or admin."""


class NoSuchPerson(LookupError):
    """Nobody in this team has this id."""


def change_role(*, user_id: UUID, role: Role, by: User) -> None:
    """:raises OwnersOnly, NotYourself, NoSuchPerson, people.LastOwner: and nothing is changed."""
    require_owner_for(by, _other(user_id, by).role, role)
    people.change_role(user_id=user_id, role=role, source=TEAM)


def disable(*, user_id: UUID, by: User) -> None:
    """:raises OwnersOnly, NotYourself, NoSuchPerson, people.LastOwner: and nothing is changed."""
    require_owner_for(by, _other(user_id, by).role)
    people.disable(user_id=user_id, source=TEAM)


def enable(*, user_id: UUID, by: User) -> None:
    """:raises OwnersOnly, NotYourself, NoSuchPerson: and nothing is changed."""
    require_owner_for(by, _other(user_id, by).role)
    people.enable(user_id=user_id, source=TEAM)


def end_sessions(*, user_id: UUID, by: User) -> None:
    """:raises OwnersOnly, NotYourself, NoSuchPerson: and nothing is changed."""
    person = _other(user_id, by)
    require_owner_for(by, person.role)
    signing_in.end_all(user_id=user_id)
    audit.record("user.sessions_ended", person)


def reset_second_factor(*, user_id: UUID, by: User) -> None:
    """For a colleague who lost the phone and the codes; an admin's is reset by an owner alone.

    :raises OwnersOnly, NotYourself, NoSuchPerson: and nothing is changed.
    """
    person = _other(user_id, by)
    require_owner_for(by, Role.OWNER if person.needs_second_factor else person.role)
    second_factor.reset(user_id=user_id)


def _other(user_id: UUID, by: User) -> User:
    by.require(Permission.MANAGE_PEOPLE)
    if user_id == by.pk:
        raise NotYourself
    try:
        return User.objects.get(pk=user_id)
    except User.DoesNotExist as error:
        raise NoSuchPerson from error
