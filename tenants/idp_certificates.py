"""Certificates that an identity provider signs with: which we accept, and how long they last."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils.translation import gettext as _

FEWEST_RSA_BITS = 2048
FEWEST_CURVE_BITS = 256
DAYS = (60, 30, 7, 1)  # how long before its end people are warned


class CertificateRefused(Exception):
    """This certificate can't be trusted with sign-ins; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as people see it. `days_left` is negative once it is over."""

    fingerprint: str
    subject: str
    expires_at: datetime
    days_left: int


def check(text: str, *, now: datetime) -> str:
    """The PEM of a certificate given as base64 without white space.

    :raises CertificateRefused: if it is broken, too weak, over, or not valid yet.
    """
    try:
        found = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
        key = found.public_key()
        begins, ends = found.not_valid_before_utc, found.not_valid_after_utc
    except (ValueError, binascii.Error, TypeError) as error:
        raise CertificateRefused(
            _("A certificate in the metadata can't be read. Export the metadata again, and don't edit it.")
        ) from error
    except UnsupportedAlgorithm as error:
        raise CertificateRefused(_("A certificate holds a key of an unknown kind. Use RSA or an EC key.")) from error
    _refuse_weak(key)
    if ends <= now:
        raise CertificateRefused(
            _("The identity provider's certificate expired on %(date)s. Make a new one there and export it again.")
            % {"date": f"{ends:%Y-%m-%d}"}
        )
    if begins > now:
        raise CertificateRefused(
            _("The certificate is valid from %(begins)s only; our clock says %(now)s. Check the provider's clock.")
            % {"begins": f"{begins:%Y-%m-%d %H:%M UTC}", "now": f"{now:%Y-%m-%d %H:%M UTC}"}
        )
    return found.public_bytes(Encoding.PEM).decode()


def _refuse_weak(key: object) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < FEWEST_RSA_BITS:
            raise CertificateRefused(
                _("The certificate's RSA key has %(bits)s bits. Make one with 2048 bits or more.")
                % {"bits": key.key_size}
            )
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.key_size < FEWEST_CURVE_BITS:
        raise CertificateRefused(_("A certificate holds a key that we can't use. Use RSA (2048 bits) or EC (P-256)."))


def describe(pems: Sequence[str], *, now: datetime) -> list[Certificate]:
    """What people see of stored certificates, the first to end first."""
    return sorted((_describe(pem, now) for pem in pems), key=lambda one: one.expires_at)


def _describe(pem: str, now: datetime) -> Certificate:
    found = x509.load_pem_x509_certificate(pem.encode())
    subject = found.subject.rfc4514_string() or _("without a name")
    left = found.not_valid_after_utc - now
    return Certificate(fingerprint(pem), subject[:120], found.not_valid_after_utc, left.days)


def lasting(pems: Sequence[str], *, now: datetime) -> list[str]:
    """Those of stored certificates whose end is ahead: no other is trusted."""
    return [pem for pem in pems if x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc > now]


def fingerprint(pem: str) -> str:
    """SHA-256 of the certificate, in hexadecimal."""
    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()
