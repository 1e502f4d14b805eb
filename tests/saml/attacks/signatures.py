"""Signatures that are missing, of a foreign key, or by an algorithm that counts for nothing."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import xmlsec
from lxml import etree

from tenants.services.saml.names import DS, ds, saml
from tests.saml.attacks.table import edited, rename, said, with_attribute, with_text
from tests.saml.case import VICTIM
from tests.saml.idp import Answer, drop, keys, signature_of

T = xmlsec.constants


def _unsign(answer: Answer, root: Any) -> None:
    for signature in list(root.iter(ds("Signature"))):
        drop(signature)


def _become_victim(answer: Answer, root: Any) -> None:
    rename(root, VICTIM)


MORE = "http://www.w3.org/2001/04/xmldsig-more#"
edited("signature_removed", _unsign, "no_signature", name_id=VICTIM)
edited("signature_removed_from_encrypted_assertion", _unsign, "no_signature", sign="none", encrypt="aes256-gcm")
said("never_signed", "no_signature", sign="none", name_id=VICTIM)
said("encrypted_but_never_signed", "no_signature", sign="none", encrypt="aes256-cbc", name_id=VICTIM)
said("response_signed_alone", "assertion_unsigned", sign="response")
said("response_signed_alone_encrypted", "assertion_unsigned", sign="response", encrypt="aes256-gcm")
said("rsa_sha1", "signature_algorithm", signature=T.TransformRsaSha1)
said("sha1_digest", "digest_algorithm", digest=T.TransformSha1)
said("rsa_sha1_encrypted", "signature_algorithm", signature=T.TransformRsaSha1, encrypt="aes256-gcm")
said("signed_by_another_provider", "bad_signature", keys=keys("hostile"), name_id=VICTIM)
said("signed_by_another_provider_encrypted", "bad_signature", keys=keys("hostile"), encrypt="aes256-gcm")
said("both_signed_by_another_provider", "bad_signature", keys=keys("hostile"), sign="both")
said("signed_by_a_weak_key", "bad_signature", keys=keys("weak", "rsa1024"))
said("signed_with_another_curve_key", "bad_signature", keys=keys("other curve", "ec"))
ENDED = keys("ended", lasts=-timedelta(minutes=1))
for _title, _fields in {"": {}, "_both": {"sign": "both"}, "_encrypted": {"encrypt": "aes256-gcm"}}.items():
    said(f"signed_with_a_certificate_that_ended{_title}", "certificates_over",
         settings={"certificates": [ENDED.certificate]}, keys=ENDED, name_id=VICTIM, **_fields)  # fmt: skip
    said(f"signed_with_the_one_of_two_certificates_that_ended{_title}", "bad_signature",
         settings={"certificates": [ENDED.certificate, keys("idp").certificate]},
         keys=ENDED, name_id=VICTIM, **_fields)  # fmt: skip
edited("nameid_changed", _become_victim, "bad_signature")
edited("nameid_changed_both", _become_victim, "bad_signature", sign="both")
edited("digest_changed", with_text("DigestValue", base64.b64encode(b"0" * 32).decode()), "bad_signature")
edited("digest_emptied", with_text("DigestValue", ""), "bad_signature", "schema")
edited("signature_value_changed", with_text("SignatureValue", base64.b64encode(b"0" * 256).decode()), "bad_signature")
edited("signature_value_emptied", with_text("SignatureValue", ""), "bad_signature", "schema")
for _title, _algorithm in {
    "none": "none",
    "empty": "",
    "hmac_sha1": DS + "hmac-sha1",
    "hmac_sha256": MORE + "hmac-sha256",
    "dsa_sha1": DS + "dsa-sha1",
    "rsa_md5": MORE + "rsa-md5",
    "rsa_sha1": DS + "rsa-sha1",
}.items():
    edited(f"algorithm_{_title}", with_attribute("SignatureMethod", "Algorithm", _algorithm), "signature_algorithm")
edited("digest_algorithm_md5", with_attribute("DigestMethod", "Algorithm", MORE + "md5"), "digest_algorithm")
edited("digest_algorithm_none", with_attribute("DigestMethod", "Algorithm", ""), "digest_algorithm")
edited(
    "canonicalization_inclusive",
    with_attribute("CanonicalizationMethod", "Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
    "canonicalization",
)
edited(
    "canonicalization_with_comments",
    with_attribute("CanonicalizationMethod", "Algorithm", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
    "canonicalization",
)


def _hmac(answer: Answer, root: Any) -> None:
    """Signed with HMAC, the provider's public certificate as the secret."""
    assertion = root.find(saml("Assertion"))
    rename(root, VICTIM)
    drop(signature_of(assertion))
    template = xmlsec.template.create(assertion, T.TransformExclC14N, T.TransformHmacSha256, ns="ds")
    assertion.insert(1, template)
    reference = xmlsec.template.add_reference(template, T.TransformSha256, uri="#" + assertion.get("ID"))
    xmlsec.template.add_transform(reference, T.TransformEnveloped)
    xmlsec.template.add_transform(reference, T.TransformExclC14N)
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.KeyData.HMAC, answer.keys.certificate.encode())
    context.sign(template)


edited("hmac_with_the_public_certificate", _hmac, "signature_algorithm")


def _own_key(answer: Answer, root: Any) -> None:
    """Signed by the attacker, whose certificate is in KeyInfo."""
    assertion = root.find(saml("Assertion"))
    rename(root, VICTIM)
    drop(signature_of(assertion))
    answer.add_signature(assertion, by=keys("attacker"))


def _both_certificates(answer: Answer, root: Any) -> None:
    _own_key(answer, root)
    data = next(root.iter(ds("X509Data")))
    true = etree.SubElement(data, ds("X509Certificate"))
    true.text = "".join(answer.keys.certificate.splitlines()[1:-1])


def _true_certificate(answer: Answer, root: Any) -> None:
    _own_key(answer, root)
    next(root.iter(ds("X509Certificate"))).text = "".join(answer.keys.certificate.splitlines()[1:-1])


edited("key_in_keyinfo", _own_key, "bad_signature")
edited("key_in_keyinfo_beside_the_true_one", _both_certificates, "bad_signature", "key_info")
edited("true_certificate_over_the_attackers_signature", _true_certificate, "bad_signature")


def _key_info(xml: str) -> Callable[[Answer, Any], None]:
    def edit(answer: Answer, root: Any) -> None:
        info = next(root.iter(ds("KeyInfo")))
        for child in list(info):
            info.remove(child)
        info.append(etree.fromstring(xml))

    return edit


edited("keyinfo_retrieval_method", _key_info(f'<RetrievalMethod xmlns="{DS}" URI="file:///etc/passwd"/>'),
       "forbidden_element")  # fmt: skip
edited("keyinfo_reference", _key_info('<KeyInfoReference xmlns="http://www.w3.org/2009/xmldsig11#" URI="#x"/>'),
       "forbidden_element")  # fmt: skip
edited("keyinfo_pgp", _key_info(f'<PGPData xmlns="{DS}"/>'), "forbidden_element")
edited("keyinfo_foreign", _key_info('<key xmlns="urn:evil"/>'), "key_info")
