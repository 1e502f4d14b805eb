"""Encrypted parts with a weak algorithm, the wrong key or another content."""

import base64
from collections.abc import Callable
from typing import Any

from lxml import etree

from tenants.services.saml.names import saml, xenc
from tests.saml.attacks.table import attack, edited, provided, resigned, said
from tests.saml.idp import Answer, clone, drop, encode, keys


def _encrypted(edit: Callable[[Any], None]) -> Callable[[Answer, Any], None]:
    return lambda answer, root: edit(next(root.iter(xenc("EncryptedData"))))


def _cipher_reference(data: Any) -> None:
    cipher = data.find(xenc("CipherData"))
    drop(cipher[0])
    etree.SubElement(cipher, xenc("CipherReference"), URI="http://127.0.0.1:9/")


def _garble(data: Any) -> None:
    value = data.find(f"{xenc('CipherData')}/{xenc('CipherValue')}")
    value.text = base64.b64encode(b"garbage" * 40).decode()


def _second_key(data: Any) -> None:
    key = next(data.iter(xenc("EncryptedKey")))
    key.addnext(clone(key))


def _key_outside(data: Any) -> None:
    data.getparent().append(drop(next(data.iter(xenc("EncryptedKey")))))


edited("cipher_from_the_web", _encrypted(_cipher_reference), "forbidden_element", encrypt="aes256-gcm")
edited("cipher_text_garbled", _encrypted(_garble), "not_decryptable", encrypt="aes256-cbc")
edited("cipher_text_garbled_gcm", _encrypted(_garble), "not_decryptable", encrypt="aes256-gcm")
edited("two_encrypted_keys", _encrypted(_second_key), "encryption_shape", encrypt="aes256-gcm")
edited("encrypted_key_outside", _encrypted(_key_outside), "encryption_shape", encrypt="aes256-gcm")
said("encrypted_with_rsa_1_5", "encryption_algorithm", encrypt="aes256-cbc+rsa15")
said("encrypted_with_3des", "encryption_algorithm", encrypt="3des")
said("encrypted_for_somebody_else", "not_decryptable", encrypt="aes256-gcm", sp_certificate=keys("else").certificate)


def _encrypted_attribute(answer: Answer) -> str:
    return resigned(answer, lambda assertion: assertion.find(saml("AttributeStatement")).append(
        etree.Element(saml("EncryptedAttribute"))))  # fmt: skip


attack("encrypted_attribute", _encrypted_attribute, "encrypted_part")
provided("encrypted_nameid", lambda assertion: assertion.find(saml("Subject")).append(
    etree.Element(saml("EncryptedID"))), "encrypted_part")  # fmt: skip


def _text_for_assertion(answer: Answer) -> str:
    """What is encrypted is another element than an assertion."""
    answer.sign = "none"
    root = answer.root()
    assertion = root.find(saml("Assertion"))
    other = etree.Element(saml("Issuer"))
    assertion.getparent().replace(assertion, other)
    answer.encrypt = "aes256-cbc"
    answer.encrypt_assertion(root, other)
    return encode(root)


attack("something_else_is_encrypted", _text_for_assertion, "assertions", "library")


def _twice_encrypted(answer: Answer) -> str:
    root = answer.root()
    answer.encrypt_assertion(root, root.find(saml("EncryptedAssertion")))
    return encode(root)


attack("two_encryptions", _twice_encrypted, "assertions", "encryption_shape", "library", encrypt="aes256-gcm")
