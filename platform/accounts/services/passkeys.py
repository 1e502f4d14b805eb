"""Passkeys (WebAuthn): bound to the exact host, with the user verified, so that one is both factors.

What the browser is asked and what it answers are the JSON forms of the standard. `state` is kept in the session between
the two and used once.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.models import Passkey, User
from accounts.services import mail
from core import audit, clock

MOST = 10
VERIFIED = UserVerificationRequirement.REQUIRED


class PasskeyRefused(Exception):
    """The passkey belongs to another site or person, was cloned, or the page was open too long."""


def _server(host: str) -> Fido2Server:
    """:param host: as the table of hosts knows it, without a port."""
    origin = f"{settings.PUBLIC_SCHEME}://{host}{settings.PUBLIC_PORT}"
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name=host), verify_origin=partial(str.__eq__, origin))


def ask_new(*, user: User, host: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options for making a passkey, and the state to keep."""
    options, state = _server(host).register_begin(
        PublicKeyCredentialUserEntity(id=user.pk.bytes, name=user.email, display_name=user.name or user.email),
        [_data(row) for row in user.passkeys.all()],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=VERIFIED,
    )
    return dict(options), dict(state)


@transaction.atomic
def add(*, user: User, host: str, state: dict[str, Any] | None, answer: Mapping[str, Any], name: str) -> Passkey:
    """Store the passkey that the browser made.

    :raises PasskeyRefused: if it is not for this host and question, is known already, or there are enough.
    """
    try:
        made = _server(host).register_complete(state, answer)
        assert made.credential_data is not None
        if user.passkeys.count() >= MOST:
            raise PasskeyRefused
        with transaction.atomic():
            row = Passkey.objects.create(
                user=user,
                name=name,
                credential_id=made.credential_data.credential_id,
                credential=bytes(made.credential_data),
                sign_count=made.counter,
            )
    except (ValueError, TypeError, KeyError, AttributeError, IntegrityError) as error:
        raise PasskeyRefused from error
    audit.record("user.second_factor_added", user, kind="passkey")
    mail.owe(kind=mail.Kind.CHANGED, about_id=user.pk)
    return row


def ask(*, host: str, user: User | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options for signing in, of this person or of whoever the passkey says, and the state to keep."""
    known = [_data(row) for row in user.passkeys.all()] if user else None
    options, state = _server(host).authenticate_begin(known, user_verification=VERIFIED)
    return dict(options), dict(state)


def accept(*, host: str, state: dict[str, Any] | None, answer: Mapping[str, Any], user: User | None = None) -> User:
    """Whose passkey answered; only `user`'s, if one is named.

    :raises PasskeyRefused: if none of this schema's did, or its person was disabled.
    """
    try:
        given = AuthenticationResponse.from_dict(answer)
        row = Passkey.objects.select_related("user").get(credential_id=given.raw_id, user__is_active=True)
        _server(host).authenticate_complete(state, [_data(row)], given)
        handle = given.response.user_handle
    except (ValueError, TypeError, KeyError, AttributeError, Passkey.DoesNotExist) as error:
        raise PasskeyRefused from error
    if (user is not None and row.user_id != user.pk) or (handle and bytes(handle) != row.user_id.bytes):
        raise PasskeyRefused
    _count(row, given.response.authenticator_data.counter)
    return row.user


def _count(row: Passkey, counter: int) -> None:
    """A counter that does not grow is a copy of the key; one that stays at zero is not kept by this kind of key."""
    fresh = Passkey.objects.filter(pk=row.pk)
    if counter or row.sign_count:
        fresh = fresh.filter(sign_count__lt=counter)
    if fresh.update(sign_count=counter, last_used_at=clock.now()) != 1:
        audit.record("user.passkey_cloned", row.user)
        raise PasskeyRefused


def _data(row: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(row.credential))
