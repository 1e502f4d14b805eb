"""What an identity provider's metadata says: read with suspicion, and refused with a sentence that says what to do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from lxml import etree

from tenants import idp_certificates
from tenants.idp_certificates import CertificateRefused

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 32
MOST_CERTIFICATES = 8
MOST_PROVIDERS = 50
MD, DS = "{urn:oasis:names:tc:SAML:2.0:metadata}", "{http://www.w3.org/2000/09/xmldsig#}"
SAML2 = "urn:oasis:names:tc:SAML:2.0:protocol"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
LOOPBACK = re.compile(r"localhost|.*\.localhost|127(\.\d{1,3}){3}|::1")


class MetadataRefused(Exception):
    """This is no metadata that we can work with; the message says why and what to do."""


class ChooseProvider(Exception):
    """The metadata describes several identity providers; `entity_ids` are theirs."""

    def __init__(self, entity_ids: list[str]) -> None:
        super().__init__(len(entity_ids))
        self.entity_ids = entity_ids


@dataclass(frozen=True, slots=True)
class Idp:
    """An identity provider: its addresses, and the certificates (PEM) that it signs with."""

    entity_id: str
    sso_url: str
    slo_url: str
    certificates: tuple[str, ...]


def read(raw: bytes, *, now: datetime, entity_id: str = "") -> Idp:
    """The identity provider of this metadata; `entity_id` says which, where there are several.

    :raises MetadataRefused: with a sentence for the person who gave it.
    :raises ChooseProvider: if there are several and none is named.
    """
    entity = _choose(_parse(raw), entity_id)
    name = entity.get("entityID", "").strip()
    if not name or len(name) > 1024 or any(sign.isspace() for sign in name):
        raise MetadataRefused(_("The metadata names no entity ID. Export it from the identity provider again."))
    roles = [role for role in entity.findall(f"{MD}IDPSSODescriptor") if _speaks_saml2(role)]
    if not roles:
        raise MetadataRefused(_("The identity provider speaks an older SAML than 2.0. Turn SAML 2.0 on there."))
    _refuse_expired([*entity.iterancestors(), entity, roles[0]], now)
    return Idp(name, _sign_in(roles[0]), _sign_out(roles[0]), _certificates(roles[0], now))


def _parse(raw: bytes) -> etree._Element:
    if not raw.strip():
        raise MetadataRefused(_("There is nothing in it. Paste the metadata, or choose its file."))
    if len(raw) > MOST_BYTES:
        raise MetadataRefused(_("This is larger than 1 MiB: export the metadata of your own identity provider alone."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MetadataRefused(_("This is not in UTF-8. Save the file as UTF-8 and try again.")) from error
    if "\0" in text:
        raise MetadataRefused(_("This is not in UTF-8. Save the file as UTF-8 and try again."))
    if re.search(r"<\s*!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise MetadataRefused(_not_metadata(text))
    # The parser must see the text that was looked at: its own encoding declaration could say otherwise.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8", remove_comments=True
    )
    try:
        root = etree.fromstring(DECLARATION.sub("", text, count=1).strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MetadataRefused(_not_metadata(text)) from error
    if _depth(root) > MOST_DEPTH:
        raise MetadataRefused(_("This is nested deeper than any metadata is. Export it again."))
    return root


def _not_metadata(text: str) -> str:
    if re.search(r"<(!doctype\s+)?html", text[:2000], re.IGNORECASE):
        return _("This is a web page, not metadata. Download the metadata file (XML) and give us that.")
    if re.search(r"<\s*!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        return _("Metadata with a DOCTYPE or entities is refused. Export it from the identity provider again.")
    return _("This is not complete XML. Copy all of it, from the first < to the last >, or choose the file itself.")


def _depth(root: etree._Element) -> int:
    deepest = depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _choose(root: etree._Element, entity_id: str) -> etree._Element:
    if root.tag not in (f"{MD}EntityDescriptor", f"{MD}EntitiesDescriptor"):
        if str(root.tag).rpartition("}")[2].lower() == "html":
            raise MetadataRefused(_("This is a web page, not metadata. Download the metadata file (XML)."))
        raise MetadataRefused(
            _("This XML is not SAML metadata: it begins with %(element)s instead of EntityDescriptor.")
            % {"element": str(root.tag).rpartition("}")[2][:60]}
        )
    found = [one for one in root.iter(f"{MD}EntityDescriptor") if one.find(f"{MD}IDPSSODescriptor") is not None]
    if not found:
        raise MetadataRefused(
            _("This describes a service, not an identity provider. Is it our own metadata? Export your provider's.")
        )
    if entity_id:
        found = [one for one in found if one.get("entityID", "").strip() == entity_id]
        if not found:
            raise MetadataRefused(_("The provider that you chose is not in this metadata. Choose again."))
    if len(found) > 1:
        _refuse_crowd(found)
        raise ChooseProvider(sorted({one.get("entityID", "").strip() for one in found} - {""}))
    return found[0]


def _refuse_crowd(found: list[etree._Element]) -> None:
    if len(found) > MOST_PROVIDERS or len({one.get("entityID") for one in found}) < len(found):
        raise MetadataRefused(
            _("This is a whole federation's metadata. Export the metadata of your own identity provider alone.")
        )


def _speaks_saml2(role: etree._Element) -> bool:
    return SAML2 in role.get("protocolSupportEnumeration", "").split()


def _refuse_expired(elements: list[etree._Element], now: datetime) -> None:
    for element in elements:
        given = element.get("validUntil")
        if given is None:
            continue
        try:
            until = parse_datetime(given.strip())
        except ValueError:
            until = None
        if until is None or until.tzinfo is None:
            raise MetadataRefused(_("The metadata's validUntil is not a time in UTC. Export it again."))
        if until <= now:
            raise MetadataRefused(
                _("This metadata was valid until %(until)s; our clock says %(now)s. Export it again.")
                % {"until": _moment(until), "now": _moment(now)}
            )


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at.utcoffset() is None else f"{at:%Y-%m-%d %H:%M %Z}"


def _sign_in(role: etree._Element) -> str:
    services = role.findall(f"{MD}SingleSignOnService")
    if not services:
        raise MetadataRefused(_("The metadata names no address for signing in (SingleSignOnService)."))
    address = _by_redirect(services)
    if not address:
        raise MetadataRefused(
            _("The identity provider does not offer HTTP-Redirect for signing in. Turn that binding on there.")
        )
    return check_address(address)


def _sign_out(role: etree._Element) -> str:
    """The address for signing out; "" where it is not offered by redirect."""
    address = _by_redirect(role.findall(f"{MD}SingleLogoutService"))
    return check_address(address) if address else ""


def _by_redirect(services: list[etree._Element]) -> str:
    return next((one.get("Location", "").strip() for one in services if one.get("Binding") == REDIRECT), "")


def check_address(address: str) -> str:
    """The address of an identity provider, unchanged.

    :raises MetadataRefused: unless it is https (or loopback, outside production).
    """
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    odd = any(ord(sign) <= 32 or ord(sign) == 127 or sign in "<>\"'\\`" for sign in address)
    local = parts.scheme == "http" and not settings.PRODUCTION and LOOPBACK.fullmatch(host) is not None
    if odd or not host or "@" in parts.netloc or len(address) > 2000 or (parts.scheme != "https" and not local):
        raise MetadataRefused(
            _("The identity provider's address %(address)s does not begin with https://. Correct it there.")
            % {"address": address[:100]}
        )
    return address


def _certificates(role: etree._Element, now: datetime) -> tuple[str, ...]:
    """Those that can be used today or later, as PEM, each once.

    :raises MetadataRefused: if there is none; the sentence is that of the first.
    """
    texts = list(dict.fromkeys(_texts(role)))
    if not texts:
        raise MetadataRefused(
            _("The metadata holds no signing certificate. Turn signing on there, then export it again.")
        )
    if len(texts) > MOST_CERTIFICATES:
        raise MetadataRefused(_("The metadata holds more than 8 signing certificates. Remove the old ones there."))
    usable: list[str] = []
    refused: list[CertificateRefused] = []
    for text in texts:
        try:
            usable.append(idp_certificates.check(text, now=now))
        except CertificateRefused as error:
            refused.append(error)
    if not usable:
        raise MetadataRefused(str(refused[0])) from refused[0]
    return tuple(usable)


def _texts(role: etree._Element) -> Iterator[str]:
    for key in role.findall(f"{MD}KeyDescriptor"):
        if key.get("use", "signing") == "signing":
            for certificate in key.iter(f"{DS}X509Certificate"):
                yield "".join((certificate.text or "").split())
