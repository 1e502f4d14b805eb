"""Identity providers for tests: their certificates and their metadata."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

ENTITY = "https://idp.example/metadata"
SSO_URL = "https://idp.example/sso"
SLO_URL = "https://idp.example/slo"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"


@cache
def key(kind: str = "rsa2048") -> Any:
    """A private key, made once a run."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind[3:]))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p192": ec.SECP192R1, "p256": ec.SECP256R1}[kind]())


def certificate(
    name: str = "idp", *, kind: str = "p256", begins: timedelta = timedelta(days=-1), lasts: timedelta | None = None
) -> x509.Certificate:
    """A certificate signed by itself, valid for a year unless told."""
    now = datetime.now(tz=UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key(kind).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + (timedelta(days=365) if lasts is None else lasts))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    return builder.sign(key(kind), None if kind == "ed25519" else hashes.SHA256())


def pem(one: x509.Certificate) -> str:
    return one.public_bytes(Encoding.PEM).decode()


def key_pem(kind: str = "p256") -> bytes:
    return bytes(key(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def entity(
    *certificates: x509.Certificate,
    entity_id: str = ENTITY,
    sso_url: str = SSO_URL,
    slo_url: str = SLO_URL,
    binding: str = REDIRECT,
    more: str = "",
    protocol: str = PROTOCOL,
    role: str = "IDPSSODescriptor",
    use: str = ' use="signing"',
) -> str:
    """One EntityDescriptor."""
    ders = [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in certificates]
    keys = "".join(
        f"<md:KeyDescriptor{use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{der}</ds:X509Certificate>"
        "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for der in ders
    )
    out = f'<md:SingleLogoutService Binding="{binding}" Location="{slo_url}"/>' if slo_url else ""
    return (
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
        f' xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity_id}"{more}>'
        f'<md:{role} protocolSupportEnumeration="{protocol}">{keys}{out}'
        f'<md:SingleSignOnService Binding="{binding}" Location="{sso_url}"/>'
        f"</md:{role}></md:EntityDescriptor>"
    )


def metadata(*certificates: x509.Certificate, **fields: Any) -> bytes:
    """The file of one provider; with a good certificate unless others are given."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + entity(*(certificates or (good(),)), **fields)).encode()


def federation(*entities: str, more: str = "") -> bytes:
    return (
        f'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"{more}>'
        + "".join(entities)
        + "</md:EntitiesDescriptor>"
    ).encode()


@cache
def good() -> x509.Certificate:
    return certificate()
