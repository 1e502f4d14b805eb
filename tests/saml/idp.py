"""An identity provider of our own for the tests: every value of a response, and how it is signed, can be chosen."""

import base64
import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from tenants.services.saml.names import BEARER, DS, SAML, SAMLP, SUCCESS, ds, saml
from tenants.services.saml.toolkit import Endpoints

T = xmlsec.constants
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
OASIS_EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
PASSWORD_CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # pragma: allowlist secret
ENTITY = "https://idp.example/metadata"


@dataclass(frozen=True, slots=True)
class Keys:
    """A signing key with its certificate, both PEM."""

    certificate: str
    key: str
    elliptic: bool = False


@cache
def keys(name: str, kind: str = "rsa2048", lasts: timedelta = timedelta(days=30)) -> Keys:
    """A key set, the same all through the run; its certificate ends after `lasts`, which may be over."""
    private: Any = (
        ec.generate_private_key(ec.SECP256R1())
        if kind == "ec"
        else rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa")))
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(days=1))
        .not_valid_after(start + lasts)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Keys(certificate.public_bytes(serialization.Encoding.PEM).decode(), pem.decode(), kind == "ec")


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Answer:
    """A response before it is signed. Nothing is checked here: attacks are made of the same parts."""

    here: Endpoints
    request_id: str | None
    keys: Keys
    sp_certificate: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    sign: str = "assertion"  # or response, both, none
    encrypt: str = ""  # aes128-cbc, aes256-cbc, aes128-gcm, aes256-gcm
    signature: Any = T.TransformRsaSha256
    digest: Any = T.TransformSha256
    prefixes: str = ""

    name_id: str = "ada-1"
    name_format: str = PERSISTENT
    attributes: dict[str, list[str]] = field(default_factory=lambda: {"mail": ["ada@alpha.example"]})
    issuer: str = ENTITY
    response_issuer: str | None = ENTITY
    status: str = SUCCESS
    session_index: str = "session-1"
    response_id: str = "_response-1"
    assertion_id: str = ""
    version: str = "2.0"

    destination: str | None = ""
    recipient: str | None = ""
    audiences: list[list[str]] | None = None
    in_response_to: str | None = ""
    confirmed_in_response_to: str | None = ""
    method: str = BEARER

    issued: timedelta = timedelta()
    not_before: timedelta | None = timedelta(seconds=-30)
    ends: timedelta | None = timedelta(minutes=5)
    confirmation_ends: timedelta | None = timedelta(minutes=5)
    confirmation_begins: timedelta | None = None
    session_ends: timedelta | None = None

    def __post_init__(self) -> None:
        self.destination = self.here.acs if self.destination == "" else self.destination
        self.recipient = self.here.acs if self.recipient == "" else self.recipient
        self.audiences = [[self.here.entity_id]] if self.audiences is None else self.audiences
        self.in_response_to = self.request_id if self.in_response_to == "" else self.in_response_to
        if self.confirmed_in_response_to == "":
            self.confirmed_in_response_to = self.request_id
        if not self.assertion_id:
            self.assertion_id = f"_assertion-{id(self)}-{self.now.timestamp()}"
        if self.keys.elliptic and self.signature == T.TransformRsaSha256:
            self.signature = T.TransformEcdsaSha256

    # --- building ---------------------------------------------------------------------------------

    def root(self) -> Any:
        """The response, signed and encrypted as asked."""
        root = etree.fromstring(self.xml().encode(), etree.XMLParser(remove_blank_text=True))
        if self.sign in ("assertion", "both"):
            self.add_signature(root.find(saml("Assertion")))
        if self.encrypt:
            self.encrypt_assertion(root)
        if self.sign in ("response", "both"):
            self.add_signature(root)
        return etree.fromstring(etree.tostring(root))  # lxml's iter overlooks elements that xmlsec made

    def encoded(self) -> str:
        return encode(self.root())

    def xml(self) -> str:
        return (
            f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{self.response_id}"'
            f' Version="{self.version}" IssueInstant="{self._at(self.issued)}"'
            f"{_attribute('Destination', self.destination)}{_attribute('InResponseTo', self.in_response_to)}>"
            f"{_element('saml:Issuer', self.response_issuer)}"
            f'<samlp:Status><samlp:StatusCode Value="{self.status}"/></samlp:Status>{self.assertion_xml()}'
            "</samlp:Response>"
        )

    def assertion_xml(self) -> str:
        audiences = "".join(
            "<saml:AudienceRestriction>"
            + "".join(f"<saml:Audience>{escape(one)}</saml:Audience>" for one in restriction)
            + "</saml:AudienceRestriction>"
            for restriction in self.audiences or []
        )
        attributes = "".join(
            f'<saml:Attribute Name="{escape(name)}">'
            + "".join(f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in self.attributes.items()
        )
        statement = f"<saml:AttributeStatement>{attributes}</saml:AttributeStatement>" if attributes else ""
        return (
            f'<saml:Assertion xmlns:saml="{SAML}" ID="{self.assertion_id}" Version="2.0"'
            f' IssueInstant="{self._at(self.issued)}"><saml:Issuer>{escape(self.issuer)}</saml:Issuer>'
            f'<saml:Subject><saml:NameID Format="{self.name_format}">{escape(self.name_id)}</saml:NameID>'
            f'<saml:SubjectConfirmation Method="{self.method}"><saml:SubjectConfirmationData'
            f"{_attribute('InResponseTo', self.confirmed_in_response_to)}{_attribute('Recipient', self.recipient)}"
            f"{self._time('NotBefore', self.confirmation_begins)}{self._time('NotOnOrAfter', self.confirmation_ends)}/>"
            "</saml:SubjectConfirmation></saml:Subject>"
            f"<saml:Conditions{self._time('NotBefore', self.not_before)}{self._time('NotOnOrAfter', self.ends)}>"
            f"{audiences}</saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{self._at(self.issued)}" SessionIndex="{self.session_index}"'
            f"{self._time('SessionNotOnOrAfter', self.session_ends)}><saml:AuthnContext>"
            f"<saml:AuthnContextClassRef>{PASSWORD_CONTEXT}</saml:AuthnContextClassRef></saml:AuthnContext>"
            f"</saml:AuthnStatement>{statement}</saml:Assertion>"
        )

    def _at(self, offset: timedelta) -> str:
        return moment(self.now + offset)

    def _time(self, name: str, offset: timedelta | None) -> str:
        return "" if offset is None else f' {name}="{self._at(offset)}"'

    # --- signing and encrypting -------------------------------------------------------------------

    def add_signature(self, element: Any, by: Keys | None = None) -> Any:
        """Sign `element`, with the signature after its issuer."""
        signature = xmlsec.template.create(element, T.TransformExclC14N, self.signature, ns="ds")
        issuer = element.find(saml("Issuer"))
        element.insert(0 if issuer is None else 1, signature)
        reference = xmlsec.template.add_reference(signature, self.digest, uri="#" + element.get("ID"))
        xmlsec.template.add_transform(reference, T.TransformEnveloped)
        transform = xmlsec.template.add_transform(reference, T.TransformExclC14N)
        if self.prefixes:
            xmlsec.template.transform_add_c14n_inclusive_namespaces(transform, self.prefixes)
        xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
        xmlsec.tree.add_ids(element.getroottree().getroot(), ["ID"])
        return seal(signature, by or self.keys)

    def encrypt_assertion(self, root: Any, assertion: Any = None) -> None:
        """Put the assertion, encrypted for the service provider, in its place."""
        assertion = root.find(saml("Assertion")) if assertion is None else assertion
        method = {
            "aes128-cbc": (T.TransformAes128Cbc, 128),
            "aes256-cbc": (T.TransformAes256Cbc, 256),
            "aes128-gcm": (T.TransformAes128Gcm, 128),
            "aes256-gcm": (T.TransformAes256Gcm, 256),
            "3des": (T.TransformDes3Cbc, 192),
        }[self.encrypt.removesuffix("+rsa15")]
        transport = T.TransformRsaPkcs1 if self.encrypt.endswith("+rsa15") else T.TransformRsaOaep
        wrapper = etree.Element(saml("EncryptedAssertion"), nsmap={"saml": SAML})
        assertion.getparent().replace(assertion, wrapper)
        wrapper.append(assertion)
        data = xmlsec.template.encrypted_data_create(wrapper, method[0], type=T.TypeEncElement, ns="xenc")
        xmlsec.template.encrypted_data_ensure_cipher_value(data)
        info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
        key = xmlsec.template.add_encrypted_key(info, transport)
        xmlsec.template.encrypted_data_ensure_cipher_value(key)
        manager = xmlsec.KeysManager()
        manager.add_key(xmlsec.Key.from_memory(self.sp_certificate, xmlsec.KeyFormat.CERT_PEM, None))
        context = xmlsec.EncryptionContext(manager)
        kind = xmlsec.KeyData.DES if self.encrypt.startswith("3des") else xmlsec.KeyData.AES
        context.key = xmlsec.Key.generate(kind, method[1], xmlsec.KeyDataType.SESSION)
        context.encrypt_xml(data, assertion)


def seal(signature: Any, by: Keys) -> Any:
    """Compute the values of a signature template."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(by.key, xmlsec.KeyFormat.PEM, None)
    context.key.load_cert_from_memory(by.certificate, xmlsec.KeyFormat.PEM)
    context.sign(signature)
    return signature


def encode(root: Any) -> str:
    return base64.b64encode(root if isinstance(root, bytes) else etree.tostring(root)).decode()


def clone(element: Any) -> Any:
    return copy.deepcopy(element)


def drop(element: Any) -> Any:
    element.getparent().remove(element)
    return element


def signature_of(element: Any) -> Any:
    return element.find(ds("Signature"))


def signed_info(element: Any) -> Any:
    return signature_of(element).find(ds("SignedInfo"))


def all_of(root: Any, name: str) -> Iterable[Any]:
    return list(root.iter(f"{{{DS}}}{name}"))


def _attribute(name: str, value: str | None) -> str:
    return "" if value is None else f' {name}="{escape(value)}"'


def _element(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"
