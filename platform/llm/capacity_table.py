"""A table of providers in a JSON file: what `manage.py capacity --plan FILE` reads instead of the registry."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from llm.capacity_rows import Flag, Model, Row
from llm.targets import Limits, Price

LIMITS = {
    "requests_per_minute": "requests_minute",
    "requests_per_day": "requests_day",
    "tokens_per_minute": "tokens_minute",
    "tokens_per_day": "tokens_day",
    "in_flight": "in_flight",
}
WHOLE = {*LIMITS, "requests_per_hour", "hours_counted", "interviews_per_day"}
PRICES = ("usd_in", "usd_cached", "usd_out")  # a million tokens
TEXTS = ("doubtful", "disputed", "unverified", "note")
CARRY = {*LIMITS, "requests_per_hour", "interviews_per_day", "tokens_per_second"}
ROW = {"name", "retires_at", "trains_on_data", "usd_per_interview", "tokens_per_second", *WHOLE, *PRICES, *TEXTS}
MOST_DIGITS = 15  # before or after the point: as a fraction, 1e999999999 would fill the memory
WHY_TRAINS = "its terms let it train on what is sent: candidates' data is forbidden there"


class BadTable(ValueError):
    """The file is no table of providers; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, and the requests of an interview where the table says so."""

    rows: tuple[Row, ...]
    requests_per_interview: Fraction | None
    about: str = ""


def read(path: Path, *, today: date) -> Table:
    """:raises BadTable: if it is missing, not JSON, or has unknown, missing or impossible fields."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise BadTable(f"{path} cannot be read ({error.strerror}): name a JSON file, such as {EXAMPLE}.") from error
    except (ValueError, RecursionError) as error:
        raise BadTable(f"{path} is not JSON ({error}): see {EXAMPLE} for one that is.") from error
    if isinstance(content, list):
        content = {"providers": content}
    if not isinstance(content, dict) or not isinstance(content.get("providers"), list) or not content["providers"]:
        raise BadTable(f'{path} has no providers: write {{"providers": [{{"name": ..., "requests_per_day": ...}}]}}.')
    _known(content, {"about", "requests_per_interview", "providers"}, str(path))
    requests = content.get("requests_per_interview")
    each = None if requests is None else _positive(requests, "requests_per_interview")
    rows = tuple(_row(number, fields, today) for number, fields in enumerate(content["providers"], 1))
    _check_names(rows)
    return Table(rows, each, _text(content, "about", "the table"))


EXAMPLE = "platform/llm/data/plans/free-tiers.json"


def _row(number: int, fields: Any, today: date) -> Row:
    if not isinstance(fields, dict):
        raise BadTable(f'Row {number} is no object: write {{"name": ..., "requests_per_day": ...}}.')
    name = _text(fields, "name", f"row {number}")
    if not name:
        raise BadTable(f"Row {number} has no name: add one.")
    _known(fields, ROW, name)
    if not CARRY & fields.keys():
        raise BadTable(f"{name} says nothing of what it carries: add one of {', '.join(sorted(CARRY))}.")
    numbers = {field: _whole(fields[field], f"{field} of {name}") for field in WHOLE & fields.keys()}
    if "hours_counted" in numbers and ("requests_per_hour" not in numbers or numbers["hours_counted"] > 24):
        raise BadTable(f"hours_counted of {name} is a number from 1 to 24 beside requests_per_hour.")
    price = _price(fields, name)
    each = fields.get("usd_per_interview")
    return Row(
        name=name,
        models=(Model(price=price),),
        limits=Limits(**{LIMITS[field]: number for field, number in numbers.items() if field in LIMITS}),
        flags=_flags(fields, numbers, name, today),
        is_free=not each and (price is None or not any((price.fresh, price.cached, price.out))),
        requests_hour=numbers.get("requests_per_hour"),
        hours_counted=numbers.get("hours_counted"),
        interviews_day=numbers.get("interviews_per_day"),
        written_a_second=_optional(fields, "tokens_per_second", name),
        usd_interview=_number(each, f"usd_per_interview of {name}") if each is not None else None,
    )


def _optional(fields: Mapping[str, Any], field: str, name: str) -> Fraction | None:
    return _positive(fields[field], f"{field} of {name}") if field in fields else None


def _flags(fields: Mapping[str, Any], numbers: Mapping[str, int], name: str, today: date) -> tuple[Flag, ...]:
    """What is wrong with a row, by what it says of itself and by its arithmetic."""
    flags = []
    retires = _date(fields, name)
    if retires and retires <= today:
        flags.append(Flag("retired", f"it ended on {retires}"))
    hours, an_hour = numbers.get("hours_counted"), numbers.get("requests_per_hour", 0)
    if hours and hours < 24:
        counted = f"{hours} hour" if hours == 1 else f"{hours} hours"
        why = (
            f"{an_hour:,} requests an hour are counted for {counted} of the day; 24 hours of them are {an_hour * 24:,}"
        )
        flags.append(Flag("doubtful", why))
    for kind in ("doubtful", "unverified"):
        if why := _text(fields, kind, name):
            flags.append(Flag(kind, why))
    trains = fields.get("trains_on_data", False)
    if not isinstance(trains, bool):
        raise BadTable(f"trains_on_data of {name} is {trains!r}: write true or false.")
    if trains:
        flags.append(Flag("forbidden", WHY_TRAINS))
    if why := _text(fields, "disputed", name):
        flags.append(Flag("disputed", why, stops=False))
    return tuple(flags)


def _price(fields: Mapping[str, Any], name: str) -> Price | None:
    given = [field for field in PRICES if field in fields]
    if not given:
        return None
    if "usd_in" not in given or "usd_out" not in given:
        raise BadTable(f"{name} has a part of a price: give usd_in and usd_out, in US dollars per million tokens.")
    usd = {field: _number(fields[field], f"{field} of {name}") for field in given}
    usd.setdefault("usd_cached", usd["usd_in"])
    return Price(*(Decimal(usd[field].numerator) / usd[field].denominator for field in PRICES))


def _date(fields: Mapping[str, Any], name: str) -> date | None:
    value = fields.get("retires_at")
    try:
        return None if value is None else date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadTable(f"retires_at of {name} is {value!r}: write a date such as 2026-07-30.") from error


def _check_names(rows: tuple[Row, ...]) -> None:
    names = [row.name for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadTable(f"{twice[0]} is there twice: give each account a name of its own.")


def _known(fields: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(fields.keys() - known)
    if unknown:
        raise BadTable(f"{what} has an unknown field {unknown[0]!r}: write one of {', '.join(sorted(known))}.")


def _text(fields: Mapping[str, Any], field: str, what: str) -> str:
    value = fields.get(field, "")
    if not isinstance(value, str):
        raise BadTable(f"{field} of {what} is {value!r}: write a text.")
    return value.strip()


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadTable(f"{what} is {value!r}: write a whole number of 1 or more, or leave it out for no such limit.")
    return int(_number(value, what))


def _positive(value: Any, what: str) -> Fraction:
    number = _number(value, what)
    if not number:
        raise BadTable(f"{what} is 0: write a number above 0.")
    return number


def _number(value: Any, what: str) -> Fraction:
    """:raises BadTable: if it is no number, or below 0 (JSON's NaN and Infinity are floats, hence none)."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
        raise BadTable(f"{what} is {value!r}: write a number of 0 or more.")
    if value and abs(Decimal(value).adjusted()) > MOST_DIGITS:
        raise BadTable(f"{what} has more than {MOST_DIGITS} digits: is the unit right?")
    return Fraction(value)
