"""python3-saml, set up from the tenant's own records: never from what a request says about itself."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape

from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from core.clock import now
from tenants import idp_certificates
from tenants.models import SamlConnection
from tenants.services.saml.names import RSA_SHA256
from tenants.services.saml.refusals import Refused

QUOTES = {'"': "&quot;"}
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Our addresses for one tenant, on its main host. The entity ID is the address of the metadata."""

    site: str

    @property
    def entity_id(self) -> str:
        return self.site + "/saml/metadata/"

    @property
    def login(self) -> str:
        return self.site + "/saml/login/"

    @property
    def acs(self) -> str:
        return self.site + "/saml/acs/"

    @property
    def slo(self) -> str:
        return self.site + "/saml/slo/"

    @property
    def host(self) -> str:
        """Without the port, as the host table has it."""
        return urlsplit(self.site).hostname or ""


def endpoints(connection: SamlConnection) -> Endpoints:
    """Where this tenant's people come back to."""
    return Endpoints(connection.tenant.address)


def for_messages(connection: SamlConnection, here: Endpoints) -> OneLogin_Saml2_Settings:
    """The library's settings.

    :raises Refused: certificates_over, or settings if the identity provider's half is incomplete.
    """
    trusted = lasting(connection)
    try:
        return OneLogin_Saml2_Settings(_data(connection, here, trusted))
    except OneLogin_Saml2_Error as error:
        raise Refused("settings") from error


def lasting(connection: SamlConnection) -> list[str]:
    """The certificates that the identity provider may sign with today, PEM.

    :raises Refused: certificates_over, if all on file have ended.
    """
    found = idp_certificates.lasting(connection.certificates, now=now())
    if connection.certificates and not found:
        raise Refused("certificates_over")
    return found


def for_metadata(connection: SamlConnection, here: Endpoints) -> OneLogin_Saml2_Settings:
    """Our half alone: there is metadata to copy before the identity provider's was imported."""
    return OneLogin_Saml2_Settings(_data(connection, here, []), sp_validation_only=True)


def _data(connection: SamlConnection, here: Endpoints, trusted: list[str]) -> dict[str, Any]:
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": here.entity_id,
            "assertionConsumerService": {"url": here.acs, "binding": POST},
            "singleLogoutService": {"url": here.slo, "binding": REDIRECT},
            "NameIDFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            "x509cert": connection.sp_certificate,
            "privateKey": connection.sp_key or "",
        },
        "idp": {
            "entityId": connection.idp_entity_id,
            # The library writes addresses into its XML as they are.
            "singleSignOnService": {"url": escape(connection.sso_url, QUOTES), "binding": REDIRECT},
            "singleLogoutService": {"url": escape(connection.slo_url, QUOTES), "binding": REDIRECT},
            "x509certMulti": {"signing": [bare(certificate) for certificate in trusted]},
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantAssertionsEncrypted": connection.want_encrypted,
            "wantNameId": True,
            "wantAttributeStatement": False,
            "rejectDeprecatedAlgorithm": True,
            "authnRequestsSigned": connection.sign_requests,
            "logoutRequestSigned": True,
            "logoutResponseSigned": True,
            "signatureAlgorithm": RSA_SHA256,
            "requestedAuthnContext": False,
            "metadataValidUntil": "",
            "metadataCacheDuration": "",
        },
    }


def bare(pem: str) -> str:
    """A certificate's base64 without its frame and white space."""
    return re.sub(r"-----[A-Z ]+-----|\s+", "", pem)


def request_data(here: Endpoints, path: str) -> dict[str, Any]:
    """What the library takes for "the current address"."""
    parts = urlsplit(here.site)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": path,
        "get_data": {},
        "post_data": {},
    }


def address(base: str, name: str, message: str, *, relay: str, key: str | None) -> str:
    """`base` with a deflated message in its query (the redirect binding), signed when there is a key.

    `name` is SAMLRequest or SAMLResponse.
    """
    values = {name: OneLogin_Saml2_Utils.deflate_and_base64_encode(message)}
    if relay:
        values["RelayState"] = relay
    if key:
        values["SigAlg"] = RSA_SHA256
    query = urlencode(values)
    if key:
        signature = OneLogin_Saml2_Utils.b64encode(OneLogin_Saml2_Utils.sign_binary(query, key))
        query += "&" + urlencode({"Signature": signature})
    return base + ("&" if "?" in base else "?") + query
