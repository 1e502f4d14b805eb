"""NameIDs that look like another, and mail addresses that are not the tenant's."""

from typing import Any

from lxml import etree

from tenants.services.saml.names import TRANSIENT, saml
from tests.saml.attacks.table import provided, said
from tests.saml.idp import clone

for _title, _name_id in {
    "empty": "",
    "spaces": "   ",
    "fullwidth": "ｏｗｎｅｒ-1",
    "ligature": "oﬃcer",
    "mathematical": "𝐨wner-1",
    "zero_width_space": "owner\u200b-1",
    "zero_width_joiner": "owner-1\u200d",
    "right_to_left_override": "owner\u202e-1",
    "soft_hyphen": "own\u00ader-1",
    "byte_order_mark": "\ufeffowner-1",
    "no_break_space_before": "\u00a0owner-1",
    "ideographic_space": "owner\u30001",
    "line_break_inside": "owner\n-1",
    "tag_characters": "owner-1\U000e0041",
    "private_use": "owner-1\ue000",
    "superscript": "owner-¹",
    "600_characters": "o" * 600,
}.items():
    said(f"nameid_{_title}", "name_id", "library", "schema", name_id=_name_id)
said("nameid_transient", "transient", name_format=TRANSIENT)


def mail(name: str, *addresses: str, code: str) -> None:
    said(f"mail_{name}", code, attributes={"mail": list(addresses)})


mail("of_another_domain", "ada@evil.example", code="email_domain")
mail("of_betas_domain", "ada@beta.example", code="email_domain")
mail("of_a_subdomain", "ada@mail.alpha.example", code="email_domain")
mail("of_a_longer_domain", "ada@alpha.example.evil.example", code="email_domain")
mail("of_a_domain_that_ends_alike", "ada@notalpha.example", code="email_domain")
mail("with_two_ats", "ada@alpha.example@evil.example", code="email_invalid")
mail("with_a_quoted_at", '"ada@alpha.example"@evil.example', code="email_domain")
mail("with_a_trailing_dot", "ada@alpha.example.", code="email_invalid")
mail("with_a_look_alike", "ada@аlpha.example", code="email_invalid")
mail("with_a_fullwidth_at", "ada＠alpha.example", code="email_invalid")
mail("with_a_nul_by_name", "ada%00@alpha.example,", code="email_invalid")
mail("with_a_line_break", "ada@alpha.example\nbcc:x@evil.example", code="email_invalid")
mail("with_a_name", "Ada <ada@alpha.example>", code="email_invalid")
mail("twice", "ada@alpha.example", "owner@alpha.example", code="email_invalid")
mail("missing", code="email_missing")
mail("of_the_owner", "owner@alpha.example", code="address_taken")
mail("of_the_owner_in_capitals", "OWNER@Alpha.Example", code="address_taken")
mail("of_the_owner_with_spaces", "  owner@alpha.example ", code="address_taken")
said("mail_under_another_name", "email_missing", attributes={"email": ["ada@alpha.example"]})
said("no_attributes", "email_missing", attributes={})


def _attribute_twice(assertion: Any) -> None:
    attribute = assertion.find(f"{saml('AttributeStatement')}/{saml('Attribute')}")
    other = clone(attribute)
    other[0].text = "owner@alpha.example"
    attribute.addprevious(other)


def _nested_value(assertion: Any) -> None:
    value = next(assertion.iter(saml("AttributeValue")))
    value.text = None
    etree.SubElement(value, "{urn:evil}x").text = "ada@alpha.example"


provided("mail_attribute_twice", _attribute_twice, "attribute_twice")
provided("mail_nested", _nested_value, "email_missing")
