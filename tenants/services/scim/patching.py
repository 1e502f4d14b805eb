"""PATCH (RFC 7644, 3.5.2) on a resource as a plain document, as Okta and Entra write it.

Attributes that are not kept here (a phone number, an extension's) are passed over, as in PUT: a directory sends all it
has. `kept` names an attribute's canonical spelling; several values of one attribute are a list of documents.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tenants.services.scim import filters
from tenants.services.scim.errors import Refused

MOST_OPERATIONS = 1000
MOST_LOOKS = 500_000  # at a value of a list, over all operations: a second or two
PATH = re.compile(
    r"(?:(?P<urn>urn:[^\[\]]+):)?(?P<name>[A-Za-z$][\w$-]*)(?:\[(?P<filter>.+)\])?(?:\.(?P<sub>[A-Za-z$][\w$-]*))?",
    re.DOTALL,
)
CORE = "urn:ietf:params:scim:schemas:core:2.0:"
NEVER = frozenset({"id", "meta", "groups"})
SILENT = NEVER | {"schemas"}


@dataclass(frozen=True, slots=True)
class Shape:
    """A resource's attributes: lower case -> as written; `lists` and `objects` are those with sub-attributes."""

    schema: str
    kept: Mapping[str, str]
    lists: frozenset[str]
    objects: frozenset[str]
    subs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """What a path points to; `name` is empty for the resource as a whole."""

    name: str = ""
    filter: Any = None
    sub: str = ""


def apply(document: Mapping[str, Any], operations: Any, shape: Shape) -> dict[str, Any]:
    """The document after all operations; the one given is left alone.

    :raises Refused: if one of them can't be done: then none is.
    """
    if not isinstance(operations, list) or not 0 < len(operations) <= MOST_OPERATIONS:
        raise Refused(f"Send Operations, a list of 1 to {MOST_OPERATIONS}.", "invalidSyntax")
    changed, looks = deepcopy(dict(document)), 0
    for operation in operations:
        looks += sum(len(changed.get(name) or ()) for name in shape.lists)
        if looks > MOST_LOOKS:
            raise Refused("These are too many operations for so many values. Send fewer at once.", "tooMany")
        _apply(changed, operation, shape)
    return changed


def _apply(document: dict[str, Any], operation: Any, shape: Shape) -> None:
    if not isinstance(operation, dict):
        raise Refused("An operation is an object with op, path and value.", "invalidSyntax")
    given = {str(name).lower(): value for name, value in operation.items()}
    op, path, value = str(given.get("op", "")).lower(), given.get("path"), given.get("value")
    if op not in ("add", "replace", "remove"):
        raise Refused("An operation is add, replace or remove.", "invalidSyntax")
    if path is not None and not isinstance(path, str):
        raise Refused("A path is text.", "invalidPath")
    if not path or path.lower() == shape.schema.lower():
        _whole(document, op, value, shape)
        return
    target = _target(path, shape)
    if target is not None:
        _one(document, op, target, value, shape)


def _whole(document: dict[str, Any], op: str, value: Any, shape: Shape) -> None:
    """Without a path: an object whose names are attributes, or paths themselves."""
    if op == "remove":
        raise Refused("Say in path what to remove.", "noTarget")
    if not isinstance(value, dict):
        raise Refused("Without a path the value is an object.")
    for name, part in value.items():
        if str(name).lower() in SILENT:
            continue
        if str(name).lower() == shape.schema.lower():
            _whole(document, op, part, shape)
            continue
        target = _target(str(name), shape)
        if target is not None:
            _one(document, op, target, part, shape)


def _target(path: str, shape: Shape) -> Target | None:
    """What the path means; None when it is nothing that is kept here.

    :raises Refused: if it is no path, or one that nobody may write.
    """
    found = PATH.fullmatch(path.strip())
    if found is None:
        raise Refused("The path can't be read.", "invalidPath")
    urn, name, sub = found["urn"] or "", found["name"].lower(), (found["sub"] or "").lower()
    if urn and not urn.lower().startswith(CORE.lower()):
        return None
    if not urn and name in NEVER:
        raise Refused(f"{found['name']} can't be written.", "mutability")
    if name not in shape.kept:
        return None
    tree = filters.parse(found["filter"]) if found["filter"] else None
    kept = shape.kept[name]
    if (tree is not None and kept not in shape.lists) or (sub and kept not in shape.lists | shape.objects):
        raise Refused(f"{found['name']} has no parts.", "invalidPath")
    if sub and sub not in shape.subs:
        return None
    return Target(kept, tree, shape.subs.get(sub, ""))


def _one(document: dict[str, Any], op: str, target: Target, value: Any, shape: Shape) -> None:
    if target.name in shape.lists:
        document[target.name] = _list(list(document.get(target.name) or []), op, target, value)
    elif target.name in shape.objects:
        document[target.name] = _object(dict(document.get(target.name) or {}), op, target.sub, value)
    else:
        document[target.name] = None if op == "remove" else value


def _object(found: dict[str, Any], op: str, sub: str, value: Any) -> dict[str, Any]:
    if sub:
        return found | {sub: None if op == "remove" else value}
    if op == "remove" or value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused("The value of an attribute with parts is an object.")
    return found | value if op == "add" else value


def _list(rows: list[Any], op: str, target: Target, value: Any) -> list[Any]:
    if target.filter is None and not target.sub:
        return _values(rows, op, value)
    means = _chosen(target)
    marked = [(row, means(row)) for row in rows]
    if op == "remove":
        if target.sub:
            return [_without(row, target.sub) if fits else row for row, fits in marked]
        return [row for row, fits in marked if not fits]
    if not any(fits for _row, fits in marked):
        return [*rows, _made(target, value)]
    change = {target.sub: value} if target.sub else _document(value)
    return [row | change if fits else row for row, fits in marked]


def _chosen(target: Target) -> Callable[[dict[str, Any]], bool]:
    """What tells of a value whether the path means it."""
    if target.filter is None:
        return lambda row: True
    fits = filters.fitting(target.filter)
    return lambda row: fits({name.lower(): value for name, value in row.items()})


def _made(target: Target, value: Any) -> dict[str, Any]:
    """A value that is not there yet, made of what the filter says of it: Entra writes `emails[type eq "work"].value`.

    :raises Refused: if the filter says too little.
    """
    said = filters.equals(target.filter) if target.filter is not None else {}
    if not target.sub or (target.filter is not None and not said) or "value" in said:
        raise Refused("Nothing fits the filter of the path.", "noTarget")
    return said | {target.sub: value}


def _values(rows: list[Any], op: str, value: Any) -> list[Any]:
    """The attribute as a whole. To remove with a value removes that value alone: Entra leaves a group that way."""
    given = [_document(one) for one in (value if isinstance(value, list) else [] if value is None else [value])]
    if op == "replace":
        return given
    if op == "remove":
        gone = {str(one.get("value")) for one in given}
        return [row for row in rows if value is not None and str(row.get("value")) not in gone]
    if any(one.get("primary") is True for one in given):
        rows = [row | {"primary": False} if "primary" in row else row for row in rows]
    new = {str(one.get("value")) for one in given}
    return [row for row in rows if str(row.get("value")) not in new] + given


def _document(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused("The values of this attribute are objects.")
    return value


def _without(row: dict[str, Any], sub: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != sub}
