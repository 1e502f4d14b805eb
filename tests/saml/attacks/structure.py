"""Parts that are missing, doubled or hidden, and IDs that are not unique."""

from collections.abc import Callable
from typing import Any

from lxml import etree

from tenants.services.saml.names import saml, samlp
from tests.saml.attacks.table import attack, edited, provided, said
from tests.saml.case import VICTIM
from tests.saml.idp import Answer, clone, drop, encode


def _double(*path: str) -> Callable[[Any], None]:
    def edit(assertion: Any) -> None:
        element = assertion
        for name in path:
            element = element.find(saml(name))
        element.addnext(clone(element))

    return edit


def _remove(*path: str) -> Callable[[Any], None]:
    def edit(assertion: Any) -> None:
        element = assertion
        for name in path:
            element = element.find(saml(name))
        drop(element)

    return edit


provided("two_subjects", _double("Subject"), "schema")
provided("two_conditions", _double("Conditions"), "schema", "conditions")
provided("two_nameids", _double("Subject", "NameID"), "schema")
provided("two_confirmations", _double("Subject", "SubjectConfirmation"), "subject")
provided("two_authn_statements", _double("AuthnStatement"), "authn_statement")
provided("no_subject", _remove("Subject"), "schema", "subject")
provided("no_nameid", _remove("Subject", "NameID"), "name_id", "library")
provided("no_confirmation", _remove("Subject", "SubjectConfirmation"), "subject")
provided("no_conditions", _remove("Conditions"), "conditions")
provided("no_authn_statement", _remove("AuthnStatement"), "authn_statement")


def _unknown_condition(assertion: Any) -> None:
    xsi = "http://www.w3.org/2001/XMLSchema-instance"
    condition = etree.SubElement(assertion.find(saml("Conditions")), saml("Condition"), nsmap={"e": "urn:evil"})
    condition.set(f"{{{xsi}}}type", "e:Never")


provided("a_condition_that_nobody_knows", _unknown_condition, "conditions", "schema")


def _same_id(answer: Answer, root: Any) -> None:
    root.set("ID", root.find(saml("Assertion")).get("ID"))


def _hidden_same_id(answer: Answer, root: Any) -> None:
    etree.SubElement(root, "{urn:evil}x").set("Id", root.find(saml("Assertion")).get("ID"))


def _second_assertion(answer: Answer, root: Any) -> None:
    other = Answer(here=answer.here, request_id=answer.request_id, keys=answer.keys, name_id=VICTIM, sign="none")
    root.append(other.root().find(saml("Assertion")))


def _encrypted_beside(answer: Answer, root: Any) -> None:
    etree.SubElement(root, saml("EncryptedAssertion"))


def _no_assertion(answer: Answer, root: Any) -> None:
    drop(root.find(saml("Assertion")))


def _advice(assertion: Any) -> None:
    advice = etree.Element(saml("Advice"))
    advice.append(etree.Element(saml("Assertion"), ID="_advice", Version="2.0"))
    assertion.find(saml("Conditions")).addnext(advice)


edited("assertion_and_response_share_an_id", _same_id, "duplicate_id")
edited("a_foreign_element_has_the_assertions_id", _hidden_same_id, "duplicate_id")
edited("a_second_assertion_unsigned", _second_assertion, "assertions")
edited("an_encrypted_assertion_beside_it", _encrypted_beside, "assertions")
edited("no_assertion_at_all", _no_assertion, "assertions")
provided("an_assertion_in_the_advice", _advice, "assertions")
said("id_that_is_no_name", "bad_id", assertion_id="1 or 1=1", sign="none")
said("id_that_is_empty", "bad_id", response_id="")
attack("a_response_in_a_response", lambda answer: _nested(answer), "assertions")


def _nested(answer: Answer) -> str:
    root = answer.root()
    outer = etree.Element(samlp("Response"), ID="_outer", Version="2.0")
    outer.append(root)
    return encode(outer)
