"""The table of attacks, and the ways to write one into it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from tenants.services.saml.names import saml
from tests.saml.idp import Answer, all_of, encode

Make = Callable[[Answer], str]
ATTACKS: dict[str, "Attack"] = {}


@dataclass(frozen=True, slots=True)
class Attack:
    """How it is made, and the codes with which it may be refused.

    `fields` change the answer it starts from; `settings` the connection, while the browser is at the provider.
    """

    make: Make
    codes: frozenset[str]
    fields: dict[str, Any]
    settings: dict[str, Any]


def attack(name: str, make: Make, *codes: str, settings: dict[str, Any] | None = None, **fields: Any) -> None:
    assert name not in ATTACKS, name
    ATTACKS[name] = Attack(make, frozenset(codes), fields, settings or {})


def said(name: str, *codes: str, **fields: Any) -> None:
    """A well-signed response that says something it must not say."""
    attack(name, Answer.encoded, *codes, **fields)


def edited(name: str, edit: Callable[[Answer, Any], Any], *codes: str, **fields: Any) -> None:
    """A signed response whose tree is changed afterwards."""

    def make(answer: Answer) -> str:
        root = answer.root()
        changed = edit(answer, root)
        return encode(root if changed is None else changed)

    attack(name, make, *codes, **fields)


def textual(name: str, change: Callable[[bytes], bytes], *codes: str, **fields: Any) -> None:
    """A signed response whose bytes are changed afterwards."""

    def make(answer: Answer) -> str:
        return encode(change(etree.tostring(answer.root())))

    attack(name, make, *codes, **fields)


def resigned(answer: Answer, edit: Callable[[Any], Any]) -> str:
    """The provider itself says this: the assertion is changed before it is signed."""
    answer.sign = "none"
    root = answer.root()
    assertion = root.find(saml("Assertion"))
    edit(assertion)
    answer.add_signature(assertion)
    return encode(root)


def provided(name: str, edit: Callable[[Any], Any], *codes: str, **fields: Any) -> None:
    attack(name, lambda answer: resigned(answer, edit), *codes, **fields)


def rename(root: Any, text: str) -> None:
    next(root.iter(saml("NameID"))).text = text


def with_attribute(name: str, attribute: str, value: str) -> Callable[[Answer, Any], None]:
    def edit(answer: Answer, root: Any) -> None:
        for element in all_of(root, name):
            element.set(attribute, value)

    return edit


def with_text(name: str, value: str) -> Callable[[Answer, Any], None]:
    def edit(answer: Answer, root: Any) -> None:
        for element in all_of(root, name):
            element.text = value

    return edit
