"""What a directory writes of a person or a group, checked; everything that is not kept here is passed over."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import normalise_email
from tenants.services.scim.errors import Refused
from tenants.services.scim.patching import CORE, Shape

LONGEST, LONGEST_NAME, MOST_EMAILS, MOST_MEMBERS = 254, 120, 10, 5000
NAME_PARTS = ("formatted", "givenName", "familyName")
YES_NO = {"true": True, "false": False}
UNSEEN = frozenset({"Cf", "Cn", "Co"})  # joiners, marks of direction, letters that no font has


def _names(*names: str) -> dict[str, str]:
    return {name.lower(): name for name in names}


USER = Shape(
    schema=f"{CORE}User",
    kept=_names("userName", "externalId", "active", "displayName", "name", "emails"),
    lists=frozenset({"emails"}),
    objects=frozenset({"name"}),
    subs=_names(*NAME_PARTS, "value", "type", "primary", "display"),
)
GROUP = Shape(
    schema=f"{CORE}Group",
    kept=_names("displayName", "externalId", "members"),
    lists=frozenset({"members"}),
    objects=frozenset(),
    subs=_names("value", "type", "display", "$ref"),
)


@dataclass(frozen=True, slots=True)
class WantedUser:
    """A person as the directory wants them; `active` None leaves it as it is."""

    user_name: str
    external_id: str
    active: bool | None
    email: str
    name: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """A group as the directory wants it."""

    display_name: str
    external_id: str
    members: frozenset[UUID]


def kept(document: Any, shape: Shape) -> dict[str, Any]:
    """The attributes that are kept, in their canonical spelling; of those written twice, the last."""
    if not isinstance(document, dict):
        raise Refused("Send a JSON object.", "invalidSyntax")
    found = {}
    for name, value in document.items():
        short = str(name).lower().removeprefix(f"{shape.schema.lower()}:")
        if short in shape.kept and value is not None:
            found[shape.kept[short]] = value
    return found


def user(document: Mapping[str, Any]) -> WantedUser:
    """:raises Refused: naming the attribute that can't be used."""
    given = kept(document, USER)
    user_name = _text(given, "userName")
    if not user_name:
        raise Refused("userName is needed.")
    emails = _emails(given.get("emails"))
    name = _parts(given.get("name"))
    display_name = _seen(given, "displayName")
    email = _address(emails, user_name)
    attributes = {"name": name, "displayName": display_name, "emails": emails}
    return WantedUser(
        user_name=user_name,
        external_id=_text(given, "externalId"),
        active=_flag(given["active"]) if "active" in given else None,
        email=email,
        name=_shown(display_name, name) or email.partition("@")[0][:LONGEST_NAME],
        attributes={key: value for key, value in attributes.items() if value},
    )


def group(document: Mapping[str, Any]) -> WantedGroup:
    """:raises Refused: naming the attribute that can't be used."""
    given = kept(document, GROUP)
    display_name = _text(given, "displayName")
    if not display_name:
        raise Refused("displayName is needed.")
    members = _rows(given.get("members"), "members", MOST_MEMBERS)
    return WantedGroup(display_name, _text(given, "externalId"), frozenset(_member(row) for row in members))


def _member(row: dict[str, Any]) -> UUID:
    if str(row.get("type", "User")).lower() != "user":
        raise Refused("Only people can be members of a group here.")
    try:
        return UUID(str(row.get("value")))
    except ValueError as error:
        raise Refused("A member is named by the id of a User.") from error


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{name} is text.")
    value = " ".join(value.split())
    if len(value) > LONGEST or not value.isprintable():
        raise Refused(f"{name} is text of at most {LONGEST} characters that can be printed.")
    return value


def _seen(given: Mapping[str, Any], name: str) -> str:
    """Text that is only shown: letters that nobody sees are left out. Refused for them, somebody could not be ended."""
    value = given.get(name)
    if isinstance(value, str):
        value = "".join(char for char in value if unicodedata.category(char) not in UNSEEN)
    return _text({name: value}, name)


def _flag(value: Any) -> bool:
    """Entra writes "False"."""
    found = value if isinstance(value, bool) else YES_NO.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise Refused("active is true or false.")
    return found


def _rows(value: Any, name: str, most: int) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else [] if value is None else [value]
    if len(rows) > most:
        raise Refused(f"{name} has at most {most} values.")
    if not all(isinstance(row, dict) for row in rows):
        raise Refused(f"The values of {name} are objects.")
    return [{str(key).lower(): part for key, part in row.items()} for row in rows]


def _emails(value: Any) -> list[dict[str, Any]]:
    found = []
    for row in _rows(value, "emails", MOST_EMAILS):
        if not row.get("value"):
            continue
        kept_row: dict[str, Any] = {"value": _email(_text(row, "value"))}
        shown = {"type": _text(row, "type"), "display": _seen(row, "display")}
        kept_row |= {part: text for part, text in shown.items() if text}
        if row.get("primary") is not None:
            kept_row["primary"] = _flag(row["primary"])
        found.append(kept_row)
    return found


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as error:
        raise Refused("An address in emails is no e-mail address.") from error
    return value


def _address(emails: list[dict[str, Any]], user_name: str) -> str:
    """The address people have here: the primary one, the one for work, the first, or a userName that is one."""
    ranked = sorted(emails, key=lambda row: (row.get("primary") is not True, row.get("type", "").lower() != "work"))
    try:
        return normalise_email(_email(ranked[0]["value"] if ranked else user_name))
    except Refused as error:
        raise Refused("Send an e-mail address, in emails or as userName.") from error


def _parts(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused("name is an object.")
    given = {str(key).lower(): part for key, part in value.items()}
    found = {part: _seen({part: given.get(part.lower())}, part) for part in NAME_PARTS}
    return {part: text for part, text in found.items() if text}


def _shown(display_name: str, name: Mapping[str, str]) -> str:
    both = " ".join(name[part] for part in ("givenName", "familyName") if part in name)
    return (display_name or name.get("formatted", "") or both)[:LONGEST_NAME]
