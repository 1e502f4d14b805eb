"""Passwords: the first one, a changed one, and a forgotten one."""

from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.http import base36_to_int

from accounts.models import User, normalise_email
from accounts.services import mail, signing_in
from core import audit, clock

RESET_SECONDS = 3600


class TooWeak(Exception):
    """The password is too short, too common or like the person's name; `messages` says which."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(*messages)
        self.messages = messages


class WrongPassword(Exception):
    """The current password is another: type the one that you sign in with."""


class ResetGone(LookupError):
    """The link was used or is older than an hour: ask for a new one."""


class _Tokens(PasswordResetTokenGenerator):
    """Bound to the schema, the address, the last sign-in and the password itself: changing that makes it void."""

    @property
    def key_salt(self) -> str:  # type: ignore[override]
        return f"accounts.password-reset:{connection.schema_name}"  # type: ignore[attr-defined]

    def check_token(self, user: Any, token: str | None) -> bool:
        if not super().check_token(user, token):
            return False
        made = base36_to_int(str(token).split("-")[0])
        return self._num_seconds(self._now()) - made <= RESET_SECONDS


_tokens = _Tokens()


def set_first(*, user: User, password: str) -> None:
    """:raises TooWeak: if it does not pass the validators."""
    _set(user, password)


@transaction.atomic
def change(*, user: User, current: str, password: str, session_key: str | None) -> None:
    """Change one's own password and end every other session.

    :raises WrongPassword: if `current` is not it. :raises TooWeak: if the new one is.
    """
    if not user.check_password(current):
        raise WrongPassword
    _set(user, password)
    signing_in.end_all(user_id=user.pk, but=session_key)
    audit.record("user.password_changed", user)
    mail.owe(kind=mail.Kind.CHANGED, about_id=user.pk)


def ask_reset(*, email: str) -> None:
    """Mail a link if this is the address of an active person with a password; says nothing either way."""
    user = User.objects.filter(email=normalise_email(email), is_active=True).first()
    if user is None or not user.has_usable_password():
        return
    with transaction.atomic():
        audit.record("user.password_reset_asked", user)
        mail.owe(kind=mail.Kind.RESET, about_id=user.pk)


def person_of(*, user_id: str, token: str) -> User:
    """Whose password this link resets.

    :raises ResetGone: if it works no longer, or never did here.
    """
    try:
        user = User.objects.filter(pk=UUID(user_id), is_active=True).first()
    except ValueError as error:
        raise ResetGone from error
    if user is None or not user.has_usable_password() or not _tokens.check_token(user, token):
        raise ResetGone
    return user


@transaction.atomic
def reset(*, user_id: str, token: str, password: str) -> User:
    """Set a new password and end every session; the second factor stays.

    :raises ResetGone: if the link works no longer; of two at once one finds that. :raises TooWeak: if the password is.
    """
    person_of(user_id=user_id, token=token)
    User.objects.select_for_update().get(pk=UUID(user_id))
    user = person_of(user_id=user_id, token=token)
    _set(user, password)
    signing_in.end_all(user_id=user.pk)
    audit.record("user.password_reset", user)
    mail.owe(kind=mail.Kind.CHANGED, about_id=user.pk)
    return user


def _set(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise TooWeak(list(error.messages)) from error
    user.set_password(password)
    user.save(update_fields=["password"])


def _letter(user_id: UUID) -> mail.Letter | None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        return None
    link = f"{mail.site_url()}/password/reset/{user.pk}/{_tokens.make_token(user)}/"
    return user.email, {"name": user.name, "link": link, "asked_at": clock.now()}


mail.register(mail.Kind.RESET, _letter)
