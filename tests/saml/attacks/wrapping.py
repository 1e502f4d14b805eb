"""Signature wrapping (XSW 1 to 8): the signed part is kept somewhere, and another takes its place."""

from collections.abc import Callable
from functools import partial
from typing import Any

from lxml import etree

from tenants.services.saml.names import DS, SAMLP, ds, saml, samlp
from tests.saml.attacks.table import attack
from tests.saml.case import VICTIM
from tests.saml.idp import Answer, clone, drop, encode, signature_of

Wrap = Callable[[Answer, Any], Any]
MODES = ("assertion", "response", "both", "encrypted")


def _evil(element: Any) -> Any:
    """A copy that names the victim, under IDs of its own and without signatures."""
    copy = clone(element)
    for signature in list(copy.iter(ds("Signature"))):
        drop(signature)
    for name in copy.iter(saml("NameID")):
        name.text = VICTIM
    for one in [copy, *copy.iter(saml("Assertion"))]:
        one.set("ID", "_evil" + one.get("ID"))
    return copy


def xsw1(answer: Answer, root: Any) -> Any:
    """The original response moves into the signature of a forged one."""
    evil, signature = _evil(root), clone(_any_signature(root))
    evil.insert(1, signature)
    signature.append(_bare(root))
    return evil


def xsw2(answer: Answer, root: Any) -> Any:
    """The original response stands before the signature of a forged one."""
    evil, signature = _evil(root), clone(_any_signature(root))
    evil.insert(1, _bare(root))
    evil.insert(2, signature)
    return evil


def xsw3(answer: Answer, root: Any) -> Any:
    """A forged assertion stands before the original."""
    original = root.find(saml("Assertion"))
    original.addprevious(_evil(original))
    return root


def xsw4(answer: Answer, root: Any) -> Any:
    """A forged assertion holds the original."""
    original = root.find(saml("Assertion"))
    evil = _evil(original)
    root.replace(original, evil)
    evil.append(original)
    return root


def xsw5(answer: Answer, root: Any) -> Any:
    """The signature stays in the forged assertion; the original, without it, stands at the end."""
    original = root.find(saml("Assertion"))
    evil = _evil(original)
    evil.insert(1, _any_signature(root))
    root.replace(original, evil)
    root.append(original)
    return root


def xsw6(answer: Answer, root: Any) -> Any:
    """The original, without its signature, stands inside the signature of the forged assertion."""
    original = root.find(saml("Assertion"))
    evil, signature = _evil(original), _any_signature(root)
    root.replace(original, evil)
    evil.insert(1, signature)
    signature.append(original)
    return root


def xsw7(answer: Answer, root: Any) -> Any:
    """A forged assertion stands in the extensions, where the schema allows anything."""
    extensions = etree.Element(samlp("Extensions"), nsmap={"samlp": SAMLP})
    extensions.append(_evil(root.find(saml("Assertion"))))
    root.insert(1, extensions)
    return root


def xsw8(answer: Answer, root: Any) -> Any:
    """The original stands in an Object of the signature of the forged assertion."""
    original = root.find(saml("Assertion"))
    evil, signature = _evil(original), _any_signature(root)
    root.replace(original, evil)
    evil.insert(1, signature)
    etree.SubElement(signature, ds("Object"), nsmap={"ds": DS}).append(original)
    return root


def _any_signature(root: Any) -> Any:
    found = signature_of(root)
    return found if found is not None else next(root.iter(ds("Signature")))


def _bare(root: Any) -> Any:
    copy = clone(root)
    if signature_of(copy) is not None:
        drop(signature_of(copy))
    return copy


WRAPS: tuple[Wrap, ...] = (xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8)


def wrapped(wrap: Wrap, mode: str, answer: Answer) -> str:
    """The encoded attack. Anybody can encrypt for us: the key is in our metadata."""
    answer.sign = "assertion" if mode == "encrypted" else mode
    root = wrap(answer, answer.root())
    if mode == "encrypted":
        answer.encrypt = "aes256-cbc"
        outermost = [one for one in root.iter(saml("Assertion")) if not _inside(one)]
        for one in outermost:
            answer.encrypt_assertion(root, one)
    return encode(root)


def _inside(assertion: Any) -> bool:
    return any(parent.tag == saml("Assertion") for parent in assertion.iterancestors())


WRAPPED = ("assertions", "signature_place", "reference", "signature_shape", "forbidden_element", "duplicate_id")
for _wrap in WRAPS:
    for _mode in MODES:
        attack(f"{_wrap.__name__}_{_mode}", partial(wrapped, _wrap, _mode), *WRAPPED, "encryption_shape")
