"""From an assertion to a person of this tenant: by (connection, NameID) alone, never by the e-mail address."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import Identity, User, normalise_email
from accounts.roles import NotPermitted, Permission, Role
from accounts.services import people, signing_in
from core import audit
from core.clock import now
from core.entitlements import NoSeatLeft
from tenants.models import EmailDomain, SamlConnection
from tenants.services.saml.assertions import Assertion, subject_of
from tenants.services.saml.refusals import Refused

LOWEST = Role.REVIEWER
# A group never makes an owner; of several groups' roles the first of these counts.
GRANTABLE = (Role.ADMIN, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR)
SOURCE = "saml"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who would come in: the account they have, or the one that would be made."""

    email: str
    name: str
    role: Role | None
    user_id: UUID | None


class AlreadyLinked(Exception):
    """This person or this NameID is linked to the identity provider already."""


def recognise(connection: SamlConnection, assertion: Assertion) -> Guest:
    """Who this is; nothing is written.

    :raises Refused: with the code that says why this person does not come in.
    """
    email = _email(connection, assertion)
    identity = _identity(connection, assertion.name_id)
    role = role_of(connection, assertion)
    if identity is not None:
        if not identity.user.is_active or identity.user.is_staff:
            raise Refused("user_disabled")
        return Guest(email, identity.user.name, role, identity.user_id)
    if not connection.create_people:
        raise Refused("no_account")
    if User.objects.filter(email=email).exists():
        raise Refused("address_taken", found=email)
    return Guest(email, _name(connection, assertion, email), role, None)


@transaction.atomic
def admit(connection: SamlConnection, assertion: Assertion) -> User:
    """The person who signs in, with an account of the lowest role if there was none, and the role of the groups.

    :raises Refused: as recognise; a second sign-in of somebody new at the same moment may be told to try again.
    """
    guest = recognise(connection, assertion)
    if guest.user_id is None:
        user = _create(connection, assertion, guest)
    else:
        user = User.objects.get(pk=guest.user_id)
        # Owners are made and unmade by owners alone.
        if guest.role is not None and user.role not in (guest.role, Role.OWNER):
            people.change_role(user_id=user.pk, role=guest.role, source=SOURCE)
            user.role = guest.role
    Identity.objects.filter(user=user, provider_id=connection.pk).update(last_used_at=now())
    return user


def _create(connection: SamlConnection, assertion: Assertion, guest: Guest) -> User:
    try:
        with transaction.atomic():
            role = guest.role or LOWEST
            user = people.create(email=guest.email, name=guest.name, role=role, source=SOURCE)
            Identity.objects.create(user=user, provider_id=connection.pk, subject=assertion.name_id)
    except NoSeatLeft as error:
        raise Refused("no_seat", found=guest.email) from error
    except (people.AddressTaken, IntegrityError) as error:
        raise Refused("address_taken", found=guest.email) from error
    return user


@transaction.atomic
def link(*, connection: SamlConnection, user_id: UUID, subject: str, by: User) -> None:
    """Let an existing person sign in with this NameID from now on: on purpose, by somebody who may.

    :raises NotPermitted: without the permission, and for an owner's account unless an owner does it.
    :raises AlreadyLinked: if the person or the NameID is linked already.
    :raises Refused: name_id.
    """
    user = _changeable(user_id, by)
    try:
        with transaction.atomic():
            identity = Identity.objects.create(user=user, provider_id=connection.pk, subject=subject_of(subject))
    except IntegrityError as error:
        raise AlreadyLinked(str(user_id)) from error
    audit.record("identity.linked", identity, user_id=str(user_id))


@transaction.atomic
def unlink(*, connection: SamlConnection, user_id: UUID, by: User) -> None:
    """Take the NameID away from this person, whose sessions end; without one nothing happens.

    :raises NotPermitted: as link.
    """
    user = _changeable(user_id, by)
    identity = Identity.objects.filter(user=user, provider_id=connection.pk).first()
    if identity is None:
        return
    audit.record("identity.unlinked", identity, user_id=str(user_id))
    identity.delete()
    signing_in.end_all(user_id=user_id)


def _changeable(user_id: UUID, by: User) -> User:
    by.require(Permission.MANAGE_PEOPLE)
    user = User.objects.get(pk=user_id)
    if user.role == Role.OWNER and by.role != Role.OWNER:
        raise NotPermitted(str(Permission.MANAGE_PEOPLE.label))
    return user


def role_of(connection: SamlConnection, assertion: Assertion) -> Role | None:
    """What the groups give by the allow list; the lowest role if they give none, None if there is no list."""
    if not connection.group_roles or not connection.groups_attribute:
        return None
    groups = assertion.attributes.get(connection.groups_attribute, [])
    given = {connection.group_roles.get(group) for group in groups}
    return next((role for role in GRANTABLE if role in given), LOWEST)


def _identity(connection: SamlConnection, subject: str) -> Identity | None:
    return Identity.objects.select_related("user").filter(provider_id=connection.pk, subject=subject).first()


def _email(connection: SamlConnection, assertion: Assertion) -> str:
    """The address, whose domain is one of the tenant's verified ones."""
    if connection.email_attribute:
        values = assertion.attributes.get(connection.email_attribute, [])
    else:
        values = [assertion.name_id]
    if not values:
        raise Refused("email_missing", wanted=connection.email_attribute)
    email = normalise_email(values[0])
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused("email_invalid", found=email) from error
    if len(values) != 1 or not email.isascii() or len(email) > _longest_email():
        raise Refused("email_invalid", found=", ".join(values))
    domain = email.rpartition("@")[2]
    if not EmailDomain.objects.filter(
        tenant_id=connection.tenant_id, domain=domain, verified_at__isnull=False
    ).exists():
        raise Refused("email_domain", found=domain)
    return email


def _longest_email() -> int:
    return User._meta.get_field("email").max_length or 0


def _name(connection: SamlConnection, assertion: Assertion, email: str) -> str:
    """A name to show: hidden characters are dropped; without one, what stands before the @."""
    given = " ".join(assertion.attributes.get(connection.name_attribute, [])[:1])
    shown = "".join(char for char in given if not unicodedata.category(char).startswith("C"))
    return " ".join(shown.split())[:120] or email.partition("@")[0][:120]
