"""The shape of the signatures inside a response: nothing in them may point elsewhere or compute anything."""

from typing import Any

from lxml import etree

from tenants.services.saml import names
from tenants.services.saml.names import ds
from tenants.services.saml.refusals import Refused

KEY_INFO = frozenset({"KeyName", "KeyValue", "X509Data"})
KNOWN = KEY_INFO | {
    *("Signature", "SignedInfo", "CanonicalizationMethod", "SignatureMethod", "Reference", "Transforms", "Transform"),
    *("DigestMethod", "DigestValue", "SignatureValue", "KeyInfo", "RSAKeyValue", "Modulus", "Exponent"),
    *("X509Certificate", "X509SubjectName", "X509IssuerSerial", "X509IssuerName", "X509SerialNumber", "X509SKI"),
}
KNOWN_11 = frozenset({"ECKeyValue", "NamedCurve", "PublicKey"})
SHAPE = (ds("SignedInfo"), ds("SignatureValue"))
SIGNED_INFO = [ds("CanonicalizationMethod"), ds("SignatureMethod"), ds("Reference")]
REFERENCE = [ds("Transforms"), ds("DigestMethod"), ds("DigestValue")]
INCLUSIVE = f"{{{names.EXCLUSIVE}}}InclusiveNamespaces"


def check(root: Any, assertion: Any, *, encrypted: bool) -> None:
    """One or two signatures, on the response and its assertion alone; an encrypted assertion carries its own inside.

    :raises Refused: with the code of the first check that failed.
    """
    found = list(root.iter(ds("Signature")))
    parents = [signature.getparent() for signature in found]
    if any(parent is not root and (encrypted or parent is not assertion) for parent in parents):
        raise Refused("signature_place")
    if not found and not encrypted:
        raise Refused("no_signature")
    if len(found) != len(set(parents)):
        raise Refused("too_many_signatures", found=str(len(found)))
    for signature in found:
        _check_one(signature)


def _check_one(signature: Any) -> None:
    children = [child.tag for child in signature]
    if tuple(children[:2]) != SHAPE or children[2:] not in ([], [ds("KeyInfo")]):
        raise Refused("signature_shape", found=str(children))
    info = signature[0]
    if [child.tag for child in info] != SIGNED_INFO:
        many = sum(child.tag == ds("Reference") for child in info) != 1
        raise Refused("reference" if many else "signature_shape")
    canonical, method, reference = info
    if canonical.get("Algorithm") != names.EXCLUSIVE:
        raise Refused("canonicalization", found=str(canonical.get("Algorithm")))
    _check_inclusive(canonical, "canonicalization")
    if method.get("Algorithm") not in names.SIGNATURES or len(method):
        raise Refused("signature_algorithm", found=str(method.get("Algorithm")))
    _check_reference(reference, str(signature.getparent().get("ID") or ""))
    if len(children) == 3 and any(etree.QName(child).localname not in KEY_INFO for child in signature[2]):
        raise Refused("key_info")


def _check_reference(reference: Any, parent_id: str) -> None:
    if not parent_id or reference.get("URI") != f"#{parent_id}" or reference.get("Type"):
        raise Refused("reference", found=str(reference.get("URI")), wanted=f"#{parent_id}")
    if [child.tag for child in reference] != REFERENCE:
        raise Refused("signature_shape")
    transforms, digest, _ = reference
    used = [transform.get("Algorithm") for transform in transforms]
    # In this order alone: canonicalised first, the signature itself would still be inside.
    if used != [names.ENVELOPED, names.EXCLUSIVE] or len(transforms[0]):
        raise Refused("transform", found=" ".join(str(name) for name in used))
    _check_inclusive(transforms[1], "transform")
    if digest.get("Algorithm") not in names.DIGESTS or len(digest):
        raise Refused("digest_algorithm", found=str(digest.get("Algorithm")))


def _check_inclusive(element: Any, code: str) -> None:
    """Exclusive canonicalisation takes a list of prefixes, and nothing else."""
    if [child.tag for child in element] not in ([], [INCLUSIVE]):
        raise Refused(code)
