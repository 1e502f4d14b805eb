"""Signing out at both ends (SLO) by the redirect binding: nothing is believed that is not signed in its address."""

import binascii
import secrets
import zlib
from base64 import b64decode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from django.contrib.auth import logout
from django.http import HttpRequest
from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request
from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from accounts.models import Identity
from accounts.services import signing_in as sessions
from core import audit
from core.clock import now
from tenants.models import SamlConnection, SamlRequest
from tenants.services.saml import assertions, certificates, names, raw, requests, toolkit
from tenants.services.saml.names import saml, samlp
from tenants.services.saml.refusals import Refused
from tenants.services.saml.signing_in import SESSION, Departure, connection_of

MOST_INFLATED = 64 * 1024
FRESH = timedelta(minutes=10)
LONGEST_RELAY = 200
PARTS = ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg", "Signature")
ALGORITHMS = frozenset({names.RSA_SHA256, names.RSA_SHA512})


@dataclass(frozen=True, slots=True)
class Message:
    """A sign-out message whose signature matched: `name` is SAMLRequest or SAMLResponse."""

    name: str
    text: bytes
    root: Any
    relay: str


def start(*, request: HttpRequest, cookie: str) -> Departure | None:
    """Sign out here, at once; the address is where the person can sign out at the identity provider too, if at all.

    :raises NoConnection: without a connection.
    """
    connection = connection_of(enabled=False)
    remembered = request.session.get(SESSION) or {}
    logout(request)
    if not connection.slo_url or remembered.get("connection") != str(connection.pk):
        return None
    certificates.ensure(connection)
    try:
        settings = toolkit.for_messages(connection, toolkit.endpoints(connection))
    except Refused:
        return None  # no answer to it could be checked; here the person is signed out all the same
    asked = OneLogin_Saml2_Logout_Request(
        settings,
        name_id=remembered["name_id"],
        name_id_format=remembered["format"] or None,
        session_index=escape(remembered["session_index"]),  # the library writes it into its XML as it is
    )
    secret, relay_key = requests.browser_secret(cookie), secrets.token_urlsafe(32)
    requests.remember(
        tenant=connection.tenant,
        request_id=str(asked.id),
        relay_key=relay_key,
        secret=secret,
        purpose=SamlRequest.Purpose.LOGOUT,
        next_path="",
        user_id=None,
    )
    address = toolkit.address(
        connection.slo_url, "SAMLRequest", asked.get_xml(), relay=relay_key, key=connection.sp_key
    )
    return Departure(address, secret)


def receive(*, request: HttpRequest, query: str, cookie: str) -> str | None:
    """Take a message of the identity provider: its sign-out, or its answer to ours.

    :returns: the address of our answer, None if none is due.
    :raises NoConnection: without a connection. :raises Refused: nobody was signed out.
    """
    connection = connection_of(enabled=False)
    message = _read(connection, query)
    if message.name == "SAMLRequest":
        return _obey(request, connection, message)
    _finish(connection, message, cookie)
    return None


def _obey(request: HttpRequest, connection: SamlConnection, message: Message) -> str:
    """End the sessions that the provider names, and say so."""
    name_ids = message.root.findall(saml("NameID"))
    if len(name_ids) != 1 or len(name_ids[0]):
        raise Refused("name_id")
    subject = assertions.subject_of(name_ids[0].text or "")
    message_id = str(message.root.get("ID"))
    if not requests.use(tenant=connection.tenant, message_id=message_id, expires_at=now() + 2 * FRESH):
        raise Refused("replayed")
    indexes = {(element.text or "").strip() for element in message.root.findall(samlp("SessionIndex"))}
    ended = _end(connection, subject, indexes)
    own = request.session.get(SESSION) or {}
    if own.get("connection") == str(connection.pk) and own.get("name_id") == subject:
        logout(request)
    audit.record("saml.signed_out", connection, sessions=ended)
    return _answer(connection, message, message_id)


def _end(connection: SamlConnection, subject: str, indexes: set[str]) -> int:
    identity = Identity.objects.filter(provider_id=connection.pk, subject=subject).first()
    if identity is None:
        return 0

    def named(data: dict[str, Any]) -> bool:
        held = data.get(SESSION) or {}
        index = held.get("session_index")
        return held.get("connection") == str(connection.pk) and (not indexes or not index or index in indexes)

    return sessions.end_those(user_id=identity.user_id, which=named)


def _answer(connection: SamlConnection, message: Message, message_id: str) -> str:
    certificates.ensure(connection)
    answer = OneLogin_Saml2_Logout_Response(toolkit.for_messages(connection, toolkit.endpoints(connection)))
    answer.build(escape(message_id, toolkit.QUOTES))
    base = connection.slo_url or connection.sso_url
    relay = message.relay if len(message.relay) <= LONGEST_RELAY else ""
    return toolkit.address(base, "SAMLResponse", answer.get_xml(), relay=relay, key=connection.sp_key)


def _finish(connection: SamlConnection, message: Message, cookie: str) -> None:
    """The provider's answer to our sign-out: whatever it says, this browser is signed out here already."""
    waiting = requests.waiting(tenant=connection.tenant, cookie=cookie, purposes=[SamlRequest.Purpose.LOGOUT])
    asked = next((row for row in waiting if row.request_id == message.root.get("InResponseTo")), None)
    if asked is None or not requests.take(asked):
        raise Refused("not_awaited")


def _read(connection: SamlConnection, query: str) -> Message:
    """The message of a query string, once its signature matched; only then is it inflated."""
    parts = _parts(query)
    name = next(name for name in PARTS if name in parts)
    _check_signature(connection, parts, name)
    text = _inflate(unquote_plus(parts[name]))
    message = Message(name, text, raw.parse(text), unquote_plus(parts.get("RelayState", "")))
    wanted = samlp("LogoutRequest" if name == "SAMLRequest" else "LogoutResponse")
    if message.root.tag != wanted:
        raise Refused("logout_shape")
    _check_said(connection, message)
    return message


def _parts(query: str) -> dict[str, str]:
    """The parameters as they were sent: the signature covers their very encoding."""
    if len(query) > raw.MOST_ENCODED:
        raise Refused("too_large")
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    given = [name for name, _ in pairs if name in PARTS]
    parts = {name: value for name, value in pairs if name in PARTS}
    if len(given) != len(parts) or ("SAMLRequest" in parts) == ("SAMLResponse" in parts):
        raise Refused("logout_shape")
    return parts


def _check_signature(connection: SamlConnection, parts: dict[str, str], name: str) -> None:
    if not parts.get("Signature") or not parts.get("SigAlg"):
        raise Refused("logout_unsigned")
    algorithm = unquote_plus(parts["SigAlg"])
    if algorithm not in ALGORITHMS:
        raise Refused("signature_algorithm", found=algorithm)
    signed = "&".join(f"{part}={parts[part]}" for part in (name, "RelayState", "SigAlg") if part in parts)
    signature = _decode(unquote_plus(parts["Signature"]))
    for certificate in toolkit.lasting(connection):
        if OneLogin_Saml2_Utils.validate_binary_sign(signed, signature, certificate, algorithm):
            return
    raise Refused("bad_signature")


def _check_said(connection: SamlConnection, message: Message) -> None:
    here = toolkit.endpoints(connection)
    root = message.root
    issuers = [(issuer.text or "").strip() for issuer in root.findall(saml("Issuer"))]
    if issuers != [connection.idp_entity_id]:
        raise Refused("issuer", found=str(issuers), wanted=connection.idp_entity_id)
    if root.get("Destination") != here.slo:
        raise Refused("destination", found=str(root.get("Destination")), wanted=here.slo)
    if not raw.ID.fullmatch(root.get("ID", "")):
        raise Refused("bad_id")
    issued, over = (assertions.time_of(root, name) for name in ("IssueInstant", "NotOnOrAfter"))
    if issued is None or issued > now() + assertions.SKEW:
        raise Refused("too_early")
    if issued < now() - FRESH or (over is not None and over + assertions.SKEW <= now()):
        raise Refused("expired")
    _check_by_library(connection, message)


def _check_by_library(connection: SamlConnection, message: Message) -> None:
    """The schema, and whatever else the library looks at."""
    here = toolkit.endpoints(connection)
    settings = toolkit.for_messages(connection, here)
    encoded = OneLogin_Saml2_Utils.deflate_and_base64_encode(message.text)
    kind: Any = OneLogin_Saml2_Logout_Response
    if message.name == "SAMLRequest":
        kind = OneLogin_Saml2_Logout_Request
    if not kind(settings, encoded).is_valid(toolkit.request_data(here, "/saml/slo/")):
        raise Refused("schema")


def _inflate(encoded: str) -> bytes:
    """At most 64 KiB come out of it, however little went in."""
    inflater = zlib.decompressobj(-15)
    try:
        text = inflater.decompress(_decode(encoded), MOST_INFLATED + 1)
    except zlib.error as error:
        raise Refused("logout_shape") from error
    if len(text) > MOST_INFLATED:
        raise Refused("too_large")
    return text


def _decode(encoded: str) -> bytes:
    try:
        return b64decode(raw.SPACE.sub("", encoded).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refused("not_base64") from error
