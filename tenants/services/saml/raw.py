"""What is checked on the bytes of a response before a library reads them.

Every limit is far above what identity providers send and keeps the cost of a hostile body to milliseconds: an XSLT
transform of 4 KB would burn minutes before the signature is looked at.
"""

import base64
import binascii
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from lxml import etree

from tenants.services.saml import names, signatures
from tenants.services.saml.names import DS, DS11, SAML, SAMLP, XENC, XENC11, ds, saml, samlp, xenc
from tenants.services.saml.refusals import Refused

MOST_ENCODED = 256 * 1024
MOST_ENCRYPTED = 96 * 1024
MOST_MARKUP = 5_000  # "<": an element takes one or two
MOST_EQUALS = 5_000  # an attribute or a namespace takes one
MOST_NAMESPACES = 1_000  # some providers declare two on every value
MOST_DEPTH = 32
MOST_ATTRIBUTES = 64  # of one element: reading them costs their square
DECLARATION = re.compile(
    rb"""<\?xml version=["']1\.0["']( encoding=["'](?i:utf-8)["'])?( standalone=["']\w+["'])? ?\?>"""
)
SPACE = re.compile(r"\s+")
ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,255}")

HOMES = {"Response": SAMLP, "Assertion": SAML, "EncryptedAssertion": SAML, "Signature": DS}
ENCRYPTED_PARTS = (saml("EncryptedID"), saml("EncryptedAttribute"), saml("NewEncryptedID"))
XENC_KNOWN = frozenset(
    {"EncryptedData", "EncryptionMethod", "CipherData", "CipherValue", "EncryptedKey", "ReferenceList", "DataReference"}
)


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of a response, and the tree that our own parser made of them."""

    text: bytes
    root: Any

    @property
    def in_response_to(self) -> str | None:
        """As the message claims it: nothing is verified yet."""
        return self.root.get("InResponseTo")

    @property
    def encrypted(self) -> bool:
        return self.root.find(saml("EncryptedAssertion")) is not None


def read(encoded: str) -> Raw:
    """Decode, parse and check the structure of a posted response.

    :raises Refused: with the code of the first check that failed.
    """
    text = decode(encoded)
    root = parse(text)
    check(root)
    return Raw(text, root)


def decode(encoded: str) -> bytes:
    """:raises Refused: missing, too_large or not_base64."""
    if not encoded:
        raise Refused("missing")
    if len(encoded) > MOST_ENCODED:
        raise Refused("too_large", found=str(len(encoded)))
    try:
        return base64.b64decode(SPACE.sub("", encoded).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refused("not_base64") from error


def parse(text: bytes) -> Any:
    """The root of `text`; nothing in it could have made the parser expand, fetch or nest without end.

    :raises Refused: if it holds anything but elements, attributes and characters, or too many of them.
    """
    _check_text(text)
    # A parser each time: one that is shared remembers what it read, and threads would wait for it.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise Refused("not_xml") from error


def _check_text(text: bytes) -> None:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("not_utf8") from error
    body = DECLARATION.sub(b"", text, count=1) if DECLARATION.match(text) else text
    for mark, code in ((b"<!--", "comment"), (b"<![", "cdata"), (b"<!", "doctype"), (b"<?", "instruction")):
        if mark in body:
            raise Refused(code)
    if b"\x00" in body:
        raise Refused("not_utf8")
    limits = ((b"<", MOST_MARKUP), (b"=", MOST_EQUALS), (b"xmlns", MOST_NAMESPACES))
    if any(body.count(mark) > most for mark, most in limits):
        raise Refused("too_complex")


def check(root: Any, *, decrypted: bool = False) -> None:
    """The structure of a response; `decrypted`: after its encrypted assertion was put in place.

    :raises Refused: with the code of the first check that failed.
    """
    if root.tag != samlp("Response"):
        raise Refused("not_response", found=str(root.tag))
    _check_elements(root)
    assertion = _only_assertion(root, decrypted=decrypted)
    encrypted = assertion.tag == saml("EncryptedAssertion")
    _check_encryption(root, assertion if encrypted else None)
    signatures.check(root, assertion, encrypted=encrypted)


def _check_elements(root: Any) -> None:
    """Depth, element names and IDs, in one walk."""
    ids: Counter[str] = Counter()
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "end":
            depth -= 1
            continue
        if event != "start":
            raise Refused("comment" if event == "comment" else "instruction")
        depth += 1
        if depth > MOST_DEPTH or len(element.attrib) > MOST_ATTRIBUTES:
            raise Refused("too_complex")
        _check_name(etree.QName(element))
        ids.update(value for name, value in element.items() if name.rpartition("}")[2].lower() == "id")
    _check_ids(ids)


def _check_name(name: Any) -> None:
    local, home = name.localname, name.namespace
    if HOMES.get(local, home) != home:
        raise Refused("lookalike", found=str(name))
    if name.text in ENCRYPTED_PARTS:
        raise Refused("encrypted_part")
    known = {DS: signatures.KNOWN, XENC: XENC_KNOWN, XENC11: {"MGF"}, DS11: signatures.KNOWN_11}.get(home)
    if known is not None and local not in known:
        raise Refused("forbidden_element", found=str(name))


def _check_ids(ids: Counter[str]) -> None:
    for value, times in ids.items():
        if times > 1:
            raise Refused("duplicate_id", found=value)
        if not ID.fullmatch(value):
            raise Refused("bad_id", found=value)


def _only_assertion(root: Any, *, decrypted: bool) -> Any:
    found = [*root.iter(saml("Assertion")), *root.iter(saml("EncryptedAssertion"))]
    if len(found) != 1 or found[0].getparent() is not root or sum(1 for _ in root.iter(samlp("Response"))) != 1:
        raise Refused("assertions", found=str(len(found)))
    if decrypted and found[0].tag != saml("Assertion"):
        raise Refused("encryption_shape")
    return found[0]


def _check_encryption(root: Any, assertion: Any) -> None:
    """One EncryptedData with its value inside it and one key for us; what the library would fetch is not there."""
    data, keys = list(root.iter(xenc("EncryptedData"))), list(root.iter(xenc("EncryptedKey")))
    if assertion is None:
        if data or keys:
            raise Refused("encryption_shape")
        return
    if len(data) != 1 or len(keys) != 1 or data[0].getparent() is not assertion:
        raise Refused("encryption_shape")
    if keys[0].getparent() is not data[0].find(ds("KeyInfo")):
        raise Refused("encryption_shape")
    if any(len(value.text or "") > MOST_ENCRYPTED for value in data[0].iter(xenc("CipherValue"))):
        raise Refused("too_complex")
    for element, allowed in ((data[0], names.CIPHERS), (keys[0], names.KEY_TRANSPORTS)):
        method = element.find(xenc("EncryptionMethod"))
        if method is None or method.get("Algorithm") not in allowed:
            raise Refused("encryption_algorithm", found="" if method is None else str(method.get("Algorithm")))
