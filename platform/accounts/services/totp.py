"""Authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds): set up, confirmed by a code, each code used once."""

import base64
import hmac
import os
import time
from uuid import UUID

import qrcode
import qrcode.image.svg
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction

from accounts.models import Totp, User
from accounts.services import mail
from core import audit, clock
from core.ids import uuid7
from keys import sealing

HASH = SHA1()  # nosec B303: what authenticator apps know (RFC 6238); an HMAC of it is not broken
PERIOD_SECONDS, DIGITS, SECRET_BYTES = 30, 6, 20
DRIFT = 1  # periods that a phone's clock may be off, either way
LABEL = "totp.secret"


class AlreadySetUp(Exception):
    """An authenticator app is set up: remove it before you set up another."""


class WrongCode(Exception):
    """The code is not the app's current one: wait for the next and type that."""


def start(*, user: User, shown: UUID | None = None) -> Totp:
    """The app that waits for its first code: the one that this session was `shown`, so that a reload changes nothing.

    What another session was shown is replaced: whoever knew the password for a day would know this secret for good.

    :raises AlreadySetUp: if one is confirmed.
    """
    fresh = Totp(id=uuid7(), user=user)
    fresh.secret = sealing.seal(os.urandom(SECRET_BYTES), label=LABEL, row_id=fresh.pk)
    waiting = Totp.objects.filter(user=user, confirmed_at=None)
    (waiting.exclude(pk=shown) if shown else waiting).delete()
    Totp.objects.bulk_create([fresh], ignore_conflicts=True)
    found = Totp.objects.get(user=user)
    if found.confirmed_at is not None:
        raise AlreadySetUp
    return found


@transaction.atomic
def confirm(*, user: User, code: str) -> None:
    """Let the app count from now on.

    :raises WrongCode: otherwise.
    """
    found = Totp.objects.filter(user=user, confirmed_at=None).first()
    if found is None or not _use(found, "".join(code.split())):
        raise WrongCode
    Totp.objects.filter(pk=found.pk).update(confirmed_at=clock.now())
    audit.record("user.second_factor_added", user, kind="totp")
    mail.owe(kind=mail.Kind.CHANGED, about_id=user.pk)


def hand_out(*, user: User) -> None:
    """An app for an account of the demo, which holds no phone: `demo_code` prints what it shows."""
    Totp.objects.filter(pk=start(user=user).pk).update(confirmed_at=clock.now())


def shown(*, user: User) -> str:
    """The code that the person's app shows now; "" without an app."""
    row = Totp.objects.filter(user=user).exclude(confirmed_at=None).first()
    return current_code(row) if row else ""


def accept(*, user: User, code: str) -> bool:
    """Whether this is a code of the person's app that was not used; it is now."""
    found = Totp.objects.filter(user=user).exclude(confirmed_at=None).first()
    return found is not None and _use(found, code)


def _use(row: Totp, code: str) -> bool:
    """One guarded UPDATE: a code, and every older one, works for one request alone."""
    hotp, now = HOTP(secret_of(row), DIGITS, HASH), int(time.time()) // PERIOD_SECONDS
    typed = code.encode()
    for counter in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(hotp.generate(counter), typed):
            return Totp.objects.filter(pk=row.pk, last_counter__lt=counter).update(last_counter=counter) == 1
    return False


def current_code(row: Totp) -> str:
    """What the app shows now: for tests and the demo."""
    return HOTP(secret_of(row), DIGITS, HASH).generate(int(time.time()) // PERIOD_SECONDS).decode()


def secret_of(row: Totp) -> bytes:
    """:raises keys.box.CannotOpen: if the row was moved here from elsewhere."""
    return sealing.unseal(bytes(row.secret), label=LABEL, row_id=row.pk)


def typed_secret(row: Totp) -> str:
    """The secret as an app takes it by hand: base32 in groups of four."""
    plain = base64.b32encode(secret_of(row)).decode()
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def qr_image(row: Totp, *, issuer: str, account: str) -> str:
    """The provisioning address as a QR code: a data: address of an SVG image."""
    uri = TOTP(secret_of(row), DIGITS, HASH, PERIOD_SECONDS).get_provisioning_uri(account, issuer)
    image = qrcode.make(uri, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    return "data:image/svg+xml;base64," + base64.b64encode(image.to_string()).decode()
