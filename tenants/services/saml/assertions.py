"""What a verified assertion says, held against what we asked: every value is exact, nothing is a prefix."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tenants.models import SamlConnection
from tenants.services.saml.names import BEARER, SUCCESS, TRANSIENT, saml, samlp
from tenants.services.saml.refusals import Refused
from tenants.services.saml.toolkit import Endpoints

SKEW = timedelta(seconds=60)
LONGEST = timedelta(hours=2)
FAR = datetime(9000, 1, 1, tzinfo=UTC)
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?Z")
CONDITIONS = frozenset({saml("AudienceRestriction"), saml("OneTimeUse"), saml("ProxyRestriction")})
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
MOST_NAME = 512


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the identity provider says of one person, verified."""

    id: str
    name_id: str
    name_id_format: str
    session_index: str
    in_response_to: str | None
    expires_at: datetime
    session_ends_at: datetime | None = None  # SessionNotOnOrAfter, with our skew
    attributes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """What an assertion is held against. `awaited`: the ids of the requests that this browser took along."""

    connection: SamlConnection
    here: Endpoints
    awaited: Collection[str]
    now: datetime


def check_issuer(root: Any, assertion: Any, expected: Expected) -> None:
    """:raises Refused: version or issuer."""
    if root.get("Version") != "2.0" or assertion.get("Version") != "2.0":
        raise Refused("version")
    said = [*root.findall(saml("Issuer")), *assertion.findall(saml("Issuer"))]
    if len(assertion.findall(saml("Issuer"))) != 1 or len(said) > 2:
        raise Refused("issuer", found=str(len(said)))
    for issuer in said:
        if _text(issuer) != expected.connection.idp_entity_id:
            raise Refused("issuer", found=_text(issuer), wanted=expected.connection.idp_entity_id)


def check_addressed(root: Any, assertion: Any, expected: Expected) -> None:
    """:raises Refused: status, destination, conditions, audience, subject or recipient."""
    code = root.find(f"{samlp('Status')}/{samlp('StatusCode')}")
    if code is None or code.get("Value") != SUCCESS:
        raise Refused("status", found="" if code is None else str(code.get("Value")))
    if root.get("Destination") != expected.here.acs:
        raise Refused("destination", found=str(root.get("Destination")), wanted=expected.here.acs)
    conditions = assertion.findall(saml("Conditions"))
    if len(conditions) != 1 or any(child.tag not in CONDITIONS for child in conditions[0]):
        raise Refused("conditions")
    audiences = [
        [_text(audience) for audience in restriction]
        for restriction in conditions[0].findall(saml("AudienceRestriction"))
    ]
    if audiences != [[expected.here.entity_id]]:
        raise Refused("audience", found=str(audiences), wanted=expected.here.entity_id)
    recipient = _confirmation(assertion).get("Recipient")
    if recipient != expected.here.acs:
        raise Refused("recipient", found=str(recipient), wanted=expected.here.acs)


def check_fresh(root: Any, assertion: Any, expected: Expected) -> None:
    """:raises Refused: bad_time, too_early, expired, too_long, authn_statement or session_over."""
    statements = assertion.findall(saml("AuthnStatement"))
    if len(statements) != 1:
        raise Refused("authn_statement")
    confirmation, conditions = _confirmation(assertion), assertion.find(saml("Conditions"))
    ends = time_of(confirmation, "NotOnOrAfter")
    if ends is None:
        raise Refused("subject")
    if ends > expected.now + LONGEST + SKEW:
        raise Refused("too_long", found=str(ends), wanted=str(expected.now + LONGEST))
    begins = [time_of(element, "IssueInstant") for element in (root, assertion)]
    begins += [time_of(element, "NotBefore") for element in (confirmation, conditions)]
    begins.append(time_of(statements[0], "AuthnInstant"))
    for begin in begins:
        if begin is not None and begin > expected.now + SKEW:
            raise Refused("too_early", found=str(begin), wanted=str(expected.now))
    for end in (ends, time_of(conditions, "NotOnOrAfter")):
        if end is not None and end + SKEW <= expected.now:
            raise Refused("expired", found=str(end), wanted=str(expected.now))
    over = time_of(statements[0], "SessionNotOnOrAfter")
    if over is not None and over + SKEW <= expected.now:
        raise Refused("session_over", found=str(over), wanted=str(expected.now))


def check_requested(root: Any, assertion: Any, expected: Expected) -> None:
    """:raises Refused: unsolicited or not_awaited."""
    asked = {root.get("InResponseTo"), _confirmation(assertion).get("InResponseTo")}
    if asked == {None}:
        if not expected.connection.allow_idp_initiated:
            raise Refused("unsolicited")
        return
    # Both say it: without the signed one, an answer to somebody else's request could be passed off as ours.
    if len(asked) != 1 or not asked <= set(expected.awaited):
        raise Refused("not_awaited", found=", ".join(sorted(str(value) for value in asked)))


def read(root: Any, assertion: Any) -> Assertion:
    """What is left once the checks have passed.

    :raises Refused: name_id, transient or attribute_twice.
    """
    names = assertion.find(saml("Subject")).findall(saml("NameID"))
    if len(names) != 1 or len(names[0]):
        raise Refused("name_id")
    if names[0].get("Format") == TRANSIENT:
        raise Refused("transient")
    ends = time_of(_confirmation(assertion), "NotOnOrAfter")
    assert ends is not None
    statement = assertion.find(saml("AuthnStatement"))
    over = time_of(statement, "SessionNotOnOrAfter")
    return Assertion(
        id=str(assertion.get("ID")),
        name_id=subject_of(names[0].text or ""),
        name_id_format=names[0].get("Format", ""),
        session_index=statement.get("SessionIndex", ""),
        in_response_to=root.get("InResponseTo"),
        expires_at=ends + 2 * SKEW,  # after it `check_fresh` refuses the assertion, whatever its conditions say
        session_ends_at=over and over + SKEW,
        attributes=_attributes(assertion),
    )


def subject_of(text: str) -> str:
    """A NameID as it is stored: trimmed, NFKC.

    A name that compatibility characters would fold into another is refused: two people would share an account.

    :raises Refused: name_id.
    """
    plain = unicodedata.normalize("NFKC", text.strip(" \t\r\n"))
    folded = plain != unicodedata.normalize("NFC", text.strip(" \t\r\n"))
    hidden = any(unicodedata.category(char) in HIDDEN or (char.isspace() and char != " ") for char in plain)
    if not plain or plain != plain.strip() or len(plain) > MOST_NAME or folded or hidden:
        raise Refused("name_id")
    return plain


def _confirmation(assertion: Any) -> Any:
    """The data of the one bearer confirmation."""
    subjects = assertion.findall(saml("Subject"))
    confirmations = subjects[0].findall(saml("SubjectConfirmation")) if len(subjects) == 1 else []
    data = confirmations[0].findall(saml("SubjectConfirmationData")) if len(confirmations) == 1 else []
    if len(data) != 1 or confirmations[0].get("Method") != BEARER:
        raise Refused("subject")
    return data[0]


def _attributes(assertion: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for attribute in assertion.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        name = attribute.get("Name", "")
        if name in found:
            raise Refused("attribute_twice", found=name)
        values = [value for value in attribute.findall(saml("AttributeValue")) if not len(value)]
        found[name] = [text for value in values if (text := _text(value))]
    return found


def _text(element: Any) -> str:
    return (element.text or "").strip() if not len(element) else ""


def time_of(element: Any, name: str) -> datetime | None:
    """An attribute that holds a time in UTC, FAR at the latest; None without it.

    :raises Refused: bad_time.
    """
    value = element.get(name)
    if value is None:
        return None
    found = TIME.fullmatch(value.strip())
    try:
        if found is None:
            raise ValueError(value)
        whole, fraction = found.groups()
        moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
        # "Never" is written as the last moment there is, to which no skew could be added.
        return min(moment.replace(microsecond=int((fraction or "0").ljust(6, "0"))), FAR)
    except ValueError as error:
        raise Refused("bad_time", found=value) from error
