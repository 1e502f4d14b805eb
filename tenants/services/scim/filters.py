"""Filters of SCIM (RFC 7644, 3.4.2.2): parsed by scim2-filter-parser, turned into a condition of the database or asked
of one value.

The parser gives "and" and "or" the same rank and leaves escapes in strings: both are put right here.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q
from scim2_filter_parser import ast
from scim2_filter_parser.lexer import SCIMLexer
from scim2_filter_parser.parser import SCIMParser

from tenants.services.scim.errors import Refused

LONGEST = 1000
MOST_TERMS = 40
Compare: TypeAlias = Callable[[str, str, Any], Q]
Fits: TypeAlias = Callable[[Mapping[str, Any]], bool]

LOOKUPS = {"eq": "exact", "co": "contains", "sw": "startswith", "ew": "endswith"}


def _refuse(detail: str) -> Refused:
    return Refused(detail, "invalidFilter")


def parse(text: str) -> Any:
    """The tree of a filter.

    :raises Refused: if it is none, or a very long one.
    """
    if len(text) > LONGEST:
        raise _refuse(f"The filter is longer than {LONGEST} characters.")
    try:
        tree = SCIMParser().parse(SCIMLexer().tokenize(text))
    except Exception as error:  # the parser raises whatever a strange text makes it stumble over
        raise _refuse("The filter can't be read.") from error
    if tree is None:
        raise _refuse("The filter is empty.")
    return tree


def condition(tree: Any, compare: Compare) -> Q:
    """The tree as a condition; `compare(attribute, operator, value)` is asked for each term, in lower case.

    :raises Refused: for what `compare` refuses, and for filters inside of filters.
    """
    found: Q = _fold(tree, lambda term: compare(*_term(term)), lambda a, b: a & b, lambda a, b: a | b, lambda a: ~a)
    return found


def fitting(tree: Any) -> Fits:
    """What tells of a value of a multi-valued attribute (a member, an e-mail; names in lower case) whether it fits.

    :raises Refused: for anything but eq, ne and pr.
    """
    found: Fits = _fold(
        tree,
        _fits_one,
        lambda a, b: lambda row: a(row) and b(row),
        lambda a, b: lambda row: a(row) or b(row),
        lambda a: lambda row: not a(row),
    )
    return found


def _fits_one(term: Any) -> Fits:
    name, operator, wanted = _term(term)
    if operator == "pr":
        return lambda row: row.get(name) is not None
    if operator not in ("eq", "ne"):
        raise _refuse(f"Use eq, ne or pr, not {operator}.")
    return lambda row: _same(row.get(name), wanted) == (operator == "eq")


def equals(tree: Any) -> dict[str, Any]:
    """The attributes that a filter of nothing but `eq` and `and` sets; empty for any other."""
    try:
        found: dict[str, Any] = _fold(tree, _one_equal, lambda a, b: a | b, _no_or, _no_or)
    except LookupError:
        return {}
    return found


def _one_equal(term: Any) -> dict[str, Any]:
    name, operator, value = _term(term)
    if operator != "eq":
        raise LookupError(operator)
    return {name: value}


def _no_or(*parts: Any) -> Any:
    raise LookupError


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found.casefold() == wanted.casefold()
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)


def _fold(node: Any, term: Any, both: Any, either: Any, no: Any, count: list[int] | None = None) -> Any:
    """The tree from its terms upwards; "and" binds closer than "or"."""
    count = count if count is not None else [0]
    count[0] += 1
    if count[0] > MOST_TERMS * 3:
        raise _refuse(f"The filter has more than {MOST_TERMS} terms.")
    if isinstance(node, ast.Filter):
        if node.namespace is not None:
            raise _refuse("Filters in brackets are not supported here.")
        found = _fold(node.expr, term, both, either, no, count)
        return no(found) if node.negated else found
    if isinstance(node, ast.LogExpr):
        return _ranked(node, lambda part: _fold(part, term, both, either, no, count), both, either)
    return term(node)


def _ranked(node: Any, fold: Any, both: Any, either: Any) -> Any:
    """The parser leans to the left: a run of "and" and "or" is taken apart again, and joined by rank."""
    parts, operators = _run(node)
    groups = [fold(parts[0])]
    for operator, part in zip(operators, parts[1:], strict=True):
        if operator == "and":
            groups[-1] = both(groups[-1], fold(part))
        else:
            groups.append(fold(part))
    found = groups[0]
    for group in groups[1:]:
        found = either(found, group)
    return found


def _run(node: Any) -> tuple[list[Any], list[str]]:
    parts: list[Any] = []
    operators: list[str] = []
    while True:
        parts.append(node.expr2)
        operators.append(node.op.lower())
        left = node.expr1
        if left.negated or left.namespace is not None or not isinstance(left.expr, ast.LogExpr):
            parts.append(left)
            return parts[::-1], operators[::-1]
        node = left.expr


def _term(node: Any) -> tuple[str, str, Any]:
    """Attribute (lower case, with its sub-attribute), operator and value of one comparison."""
    if not isinstance(node, ast.AttrExpr):
        raise _refuse("The filter can't be read.")
    return _name(node.attr_path), node.value.lower(), _value(node.comp_value)


def _name(path: Any) -> str:
    name, sub = path.attr_name, path.sub_attr
    if isinstance(name, ast.Filter):  # emails[type eq "work"].value: a person has one address here
        name, sub = name.namespace.attr_name, name.namespace.sub_attr
    if not isinstance(name, str):  # emails[...][...]
        raise _refuse("One filter in brackets is enough.")
    if path.uri and not path.uri.lower().startswith("urn:ietf:params:scim:schemas:core:2.0:"):
        raise _refuse(f"{path.uri} is not known here.")
    return ".".join([name, *([sub.value] if sub else [])]).lower()


def _value(node: Any) -> Any:
    """A quoted string has lost its quotes, as has a word; both are text unless the word is one of JSON's."""
    if node is None:
        return None
    try:
        return {"true": True, "false": False, "null": None}[node.value]
    except KeyError:
        pass
    try:
        found = str(json.loads(f'"{node.value}"'))
    except ValueError as error:
        raise _refuse("The filter can't be read.") from error
    if not storable(found):  # behind an escape: \u0000
        raise _refuse("The filter holds letters that can't be used.")
    return found


def storable(text: str) -> bool:
    """Whether the database takes it: no NUL, no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def text(column: str, *, exact: bool = False) -> Callable[[str, Any], Q]:
    """How a column of text is compared; without `exact` the case does not matter."""

    def compare(operator: str, value: Any) -> Q:
        if operator == "pr":
            return ~Q(**{column: ""}) & Q(**{f"{column}__isnull": False})
        if operator == "ne":
            return ~compare("eq", value)
        if operator not in LOOKUPS:
            raise _refuse(f"{operator} is not supported for this attribute.")
        return Q(**{f"{column}__{'' if exact else 'i'}{LOOKUPS[operator]}": "" if value is None else str(value)})

    return compare


def flag(column: str) -> Callable[[str, Any], Q]:
    """How a yes or no is compared; "True" in quotes is taken for true."""

    def compare(operator: str, value: Any) -> Q:
        if operator == "pr":
            return ~Q(pk=None)
        wanted = value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
        if operator not in ("eq", "ne") or wanted is None:
            raise _refuse("Compare this attribute by eq with true or false.")
        return Q(**{column: wanted == (operator == "eq")})

    return compare


def key(column: str) -> Callable[[str, Any], Q]:
    """How an id is compared; what is none fits nothing."""

    def compare(operator: str, value: Any) -> Q:
        if operator not in ("eq", "ne"):
            raise _refuse("Compare an id by eq.")
        try:
            fits = Q(**{column: UUID(str(value))})
        except ValueError:
            fits = Q(pk__in=[])
        return fits if operator == "eq" else ~fits

    return compare


def by(attributes: Mapping[str, Callable[[str, Any], Q]]) -> Compare:
    """`compare` of `condition`, of a resource's attributes."""

    def compare(name: str, operator: str, value: Any) -> Q:
        if name not in attributes:
            raise _refuse(f"{name} can't be filtered by; use {', '.join(attributes)}.")
        return attributes[name](operator, value)

    return compare
