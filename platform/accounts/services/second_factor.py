"""The second factor as a whole: who has one, and whether a typed code is right."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Passkey, RecoveryCode, Totp, User
from accounts.services import mail, recovery, signing_in, totp
from core import audit


class StillRequired(Exception):
    """Your role needs a second factor, and this is the only one: add another first."""


def has_one(user: User) -> bool:
    return Totp.objects.filter(user=user).exclude(confirmed_at=None).exists() or has_passkey(user)


def has_code(user: User) -> bool:
    """Whether there is a code that this person could type."""
    return Totp.objects.filter(user=user).exclude(confirmed_at=None).exists() or recovery.left(user) > 0


def has_passkey(user: User) -> bool:
    return Passkey.objects.filter(user=user).exists()


def accept(*, user: User, code: str) -> bool:
    """Use up a code of the app (six digits) or a recovery code; False if it is wrong or was used."""
    typed = "".join(code.split()).lower()
    used = totp.accept(user=user, code=typed) if typed.isdigit() else recovery.accept(user=user, code=typed)
    if not used:
        audit.record("user.second_factor_failed", user)
    return used


@transaction.atomic
def remove(*, user: User, passkey_id: UUID | None = None) -> None:
    """Remove the person's own app, or one passkey.

    :raises StillRequired: if it is the last one and the role needs one.
    """
    User.objects.select_for_update().get(pk=user.pk)
    rows = Totp.objects.filter(user=user) if passkey_id is None else Passkey.objects.filter(user=user, pk=passkey_id)
    if not rows.delete()[0]:
        return
    if not has_one(user):
        if user.needs_second_factor:
            raise StillRequired
        RecoveryCode.objects.filter(user=user).delete()
    audit.record("user.second_factor_removed", user, kind="totp" if passkey_id is None else "passkey")
    mail.owe(kind=mail.Kind.CHANGED, about_id=user.pk)


@transaction.atomic
def reset(*, user_id: UUID, **why: Any) -> None:
    """Take every factor of a colleague who lost them, and end their sessions: they set one up at the next sign-in.

    The audit trail keeps what `why` says.
    """
    user = User.objects.get(pk=user_id)
    for model in (Totp, Passkey, RecoveryCode):
        model._default_manager.filter(user=user).delete()
    signing_in.end_all(user_id=user_id)
    audit.record("user.second_factor_reset", user, **why)
    mail.owe(kind=mail.Kind.CHANGED, about_id=user_id)
