"""Recovery codes: ten, shown once, stored as keyed hashes, each used once."""

import secrets

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from accounts.models import RecoveryCode, User
from core import audit, clock

COUNT, LENGTH = 10, 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # 49 bits a code  # pragma: allowlist secret


@transaction.atomic
def renew(*, user: User) -> list[str]:
    """Replace every code of this person; what is returned is shown once and never again."""
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(COUNT)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, code_hash=_hash(user, code)) for code in codes])
    audit.record("user.recovery_codes_made", user)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def accept(*, user: User, code: str) -> bool:
    """Use up this code: one guarded UPDATE, so that two at once are one. False if it is wrong or was used."""
    unused = RecoveryCode.objects.filter(user=user, code_hash=_hash(user, code.replace("-", "")), used_at=None)
    used = unused.update(used_at=clock.now()) == 1
    if used:
        audit.record("user.recovery_code_used", user, left=left(user))
    return used


def left(user: User) -> int:
    """How many codes still work."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _hash(user: User, code: str) -> str:
    place = f"{connection.schema_name}:{user.pk}"  # type: ignore[attr-defined]
    return salted_hmac("accounts.recovery", f"{place}:{code}", algorithm="sha256").hexdigest()
