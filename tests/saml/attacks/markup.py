"""Bombs, entities, encodings: what is no plain XML document."""

import zlib
from collections.abc import Callable

from lxml import etree

from tenants.services.saml.names import saml
from tests.saml.attacks.table import attack, textual
from tests.saml.idp import encode


def _doctype(declared: str) -> Callable[[bytes], bytes]:
    return lambda text: b"<!DOCTYPE r [" + declared.encode() + b"]>" + text.replace(b"ada-1", b"&x;")


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
textual("billion_laughs", _doctype(f'<!ENTITY l0 "ha">{_LAUGHS}<!ENTITY x "&l9;">'), "doctype")
textual("quadratic_blowup", _doctype(f'<!ENTITY x "{"a" * 50_000}">'), "doctype")
textual("xxe_file", _doctype('<!ENTITY x SYSTEM "file:///etc/passwd">'), "doctype")
textual("xxe_web", _doctype('<!ENTITY x SYSTEM "http://127.0.0.1:9/">'), "doctype")
textual("xxe_parameter_entity", _doctype('<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">%p;'), "doctype")
textual("doctype_external", lambda text: b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">' + text, "doctype")
textual("doctype_in_lower_case", lambda text: b"<!doctype r []>" + text, "doctype")
textual("doctype_in_utf16", lambda text: ("<!DOCTYPE r []>" + text.decode()).encode("utf-16"), "not_utf8")
textual(
    "doctype_in_utf7",
    lambda text: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE r+AD4-' + text,
    "instruction",
)
textual("latin_1", lambda text: text.replace(b"ada-1", "adä".encode("latin-1")), "not_utf8")
textual("other_encoding_declared", lambda text: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text, "instruction")
textual("nul_byte", lambda text: text.replace(b"ada-1", b"ada\x00-1"), "not_utf8")
textual("byte_order_mark", lambda text: b"\xff\xfe" + text, "not_utf8")
textual("stylesheet", lambda text: b'<?xml-stylesheet href="http://127.0.0.1:9/"?>' + text, "instruction")
textual("instruction_inside", lambda text: text.replace(b"ada-1", b"ada<?x y?>-1"), "instruction")
textual("comment_in_nameid", lambda text: text.replace(b"ada-1", b"owner-1<!-- -->.evil"), "comment")
textual("comment_after_the_end", lambda text: text + b"<!-- -->", "comment")
textual("cdata_in_nameid", lambda text: text.replace(b"ada-1", b"<![CDATA[owner-1]]>"), "cdata")
textual("undeclared_entity", lambda text: text.replace(b"ada-1", b"&evil;"), "not_xml")
textual("two_roots", lambda text: text + text, "not_xml")
textual("cut_in_the_middle", lambda text: text[: len(text) // 2], "not_xml")
textual("deflated", lambda text: zlib.compress(text)[2:-4], "not_utf8")
textual("deflate_bomb", lambda text: zlib.compress(b"<a>" * 5_000_000)[2:-4], "not_utf8")
textual("gzip", lambda text: zlib.compress(text, wbits=31), "not_utf8")
textual("nested_10000_deep", lambda text: b"<a>" * 10_000 + b"</a>" * 10_000, "too_complex")
textual("nested_200_deep", lambda text: text.replace(b"ada-1", b"<a>" * 200 + b"</a>" * 200), "too_complex")
textual("12000_attributes", lambda text: b"<a " + b" ".join(b'a%d="1"' % n for n in range(12_000)) + b"/>",
        "too_complex")  # fmt: skip
textual("5000_namespaces", lambda text: b"<a " + b" ".join(b'xmlns:n%d="u"' % n for n in range(5_000)) + b"/>",
        "too_complex")  # fmt: skip
attack("empty", lambda answer: "", "missing")
attack("not_base64", lambda answer: "<samlp:Response/>", "not_base64")
attack("base64_with_other_characters", lambda answer: answer.encoded()[:40] + "-_!" + answer.encoded()[43:],
       "not_base64")  # fmt: skip
attack("larger_than_allowed", lambda answer: "A" * (257 * 1024), "413", "400", "too_large")
attack("an_authn_request", lambda answer: encode(b'<samlp:AuthnRequest xmlns:samlp="urn:x"/>'), "not_response")
attack("an_assertion_alone", lambda answer: encode(etree.tostring(answer.root().find(saml("Assertion")))),
       "not_response")  # fmt: skip
textual("response_of_another_namespace", lambda text: text.replace(b"SAML:2.0:protocol", b"SAML:3.0:protocol"),
        "lookalike", "not_response")  # fmt: skip
