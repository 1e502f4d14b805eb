"""What a signature covers, how it says so, and where it stands."""

from collections.abc import Callable
from typing import Any

from lxml import etree

from tenants.services.saml.names import DS, ds, saml
from tests.saml.attacks.table import edited, rename, with_attribute
from tests.saml.case import VICTIM
from tests.saml.idp import Answer, all_of, clone, drop, signature_of, signed_info


def _object(answer: Answer, root: Any) -> None:
    etree.SubElement(next(root.iter(ds("Signature"))), ds("Object")).text = "x"


def _manifest(answer: Answer, root: Any) -> None:
    holder = etree.SubElement(next(root.iter(ds("Signature"))), ds("Object"))
    etree.SubElement(holder, ds("Manifest"))


def _second_reference(answer: Answer, root: Any) -> None:
    info = signed_info(root.find(saml("Assertion")))
    info.append(clone(info.find(ds("Reference"))))


def _no_reference(answer: Answer, root: Any) -> None:
    drop(signed_info(root.find(saml("Assertion"))).find(ds("Reference")))


def _second_info(answer: Answer, root: Any) -> None:
    info = signed_info(root.find(saml("Assertion")))
    info.addprevious(clone(info))


def _twice(answer: Answer, root: Any) -> None:
    signature = signature_of(root.find(saml("Assertion")))
    signature.addnext(clone(signature))


def _onto_response(answer: Answer, root: Any) -> None:
    root.insert(1, signature_of(root.find(saml("Assertion"))))
    rename(root, VICTIM)


def _into_subject(answer: Answer, root: Any) -> None:
    assertion = root.find(saml("Assertion"))
    assertion.find(saml("Subject")).append(signature_of(assertion))


def _lookalike(answer: Answer, root: Any) -> None:
    etree.SubElement(root, "{urn:evil}Signature")


def _lookalike_assertion(answer: Answer, root: Any) -> None:
    root.append(etree.Element("{urn:oasis:names:tc:SAML:1.0:assertion}Assertion"))


edited("object_in_signature", _object, "forbidden_element")
edited("manifest_in_signature", _manifest, "forbidden_element")
edited("two_references", _second_reference, "reference")
edited("no_reference", _no_reference, "reference")
edited("two_signed_infos", _second_info, "signature_shape")
edited("two_signatures_on_the_assertion", _twice, "too_many_signatures")
edited("signature_of_the_assertion_on_the_response", _onto_response, "reference")
edited("signature_inside_the_subject", _into_subject, "signature_place")
edited("signature_of_another_namespace", _lookalike, "lookalike")
edited("assertion_of_saml_1", _lookalike_assertion, "lookalike")
edited("reference_empty", with_attribute("Reference", "URI", ""), "reference")
edited("reference_to_the_response", with_attribute("Reference", "URI", "#_response-1"), "reference")
edited("reference_xpointer", with_attribute("Reference", "URI", "#xpointer(/)"), "reference")
edited("reference_to_a_file", with_attribute("Reference", "URI", "file:///etc/passwd"), "reference")
edited("reference_to_the_web", with_attribute("Reference", "URI", "http://127.0.0.1:9/x"), "reference")
edited("reference_type", with_attribute("Reference", "Type", DS + "Object"), "reference")


def _without_uri(answer: Answer, root: Any) -> None:
    for reference in all_of(root, "Reference"):
        del reference.attrib["URI"]


edited("reference_without_uri", _without_uri, "reference")


def _transform(algorithm: str, xml: str = "", first: bool = True) -> Callable[[Answer, Any], None]:
    def edit(answer: Answer, signature: Any) -> None:
        transforms = next(signature.iter(ds("Transforms")))
        new = etree.Element(ds("Transform"), Algorithm=algorithm)
        if xml:
            new.append(etree.fromstring(xml))
        transforms.insert(0 if first else 2, new)

    return edit


XSLT = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
    '<xsl:for-each select="//.//.//.//.//.//.//.//."><x/></xsl:for-each></xsl:template></xsl:stylesheet>'
)
XPATH = f'<XPath xmlns="{DS}">not(ancestor-or-self::*[local-name()="NameID"])</XPath>'
edited("transform_xslt", _transform("http://www.w3.org/TR/1999/REC-xslt-19991116", XSLT), "transform")
edited("transform_xslt_last", _transform("http://www.w3.org/TR/1999/REC-xslt-19991116", XSLT, first=False),
       "transform")  # fmt: skip
edited("transform_xpath", _transform("http://www.w3.org/TR/1999/REC-xpath-19991116", XPATH), "forbidden_element")
edited("transform_xpath2", _transform("http://www.w3.org/2002/06/xmldsig-filter2"), "transform")
edited("transform_base64", _transform(DS + "base64"), "transform")


def _one_transform(keep: int) -> Callable[[Answer, Any], None]:
    def edit(answer: Answer, root: Any) -> None:
        transforms = next(root.iter(ds("Transforms")))
        drop(transforms[1 - keep])

    return edit


edited("transform_enveloped_alone", _one_transform(0), "transform")
edited("transform_canonical_alone", _one_transform(1), "transform")


def _hmac_length(answer: Answer, root: Any) -> None:
    etree.SubElement(next(root.iter(ds("SignatureMethod"))), ds("HMACOutputLength")).text = "1"


edited("hmac_output_length", _hmac_length, "forbidden_element")
