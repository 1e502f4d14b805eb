"""data/providers.json -> rows of the registry, again and again with the same outcome.

What a person edited stays as it is, a changed price becomes a new version, and a row that can't be right is left
out with its reason.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from core import tenancy
from llm import registry
from llm.models import Account, Offer, Price

DATA = Path(__file__).parent / "data" / "providers.json"
UNIT = "usd_per_million_tokens"
QUALITIES = {choice.name.lower(): choice.value for choice in Offer.Quality}
ACCOUNT_FIELDS = frozenset(
    {"label", "provider", "base_url", "key_source", "is_enabled", "region", "trains_on_data", "verified_at"}
    | {"retires_at", "structured", "max_tokens_field", "streams_usage", "has_batch", "counts_max_tokens", "time_zone"}
    | {"requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day", "in_flight", "note"}
)
OFFER_FIELDS = frozenset(
    {"model", "quality", "is_enabled", "context_tokens", "takes_temperature", "reasoning_tokens", "caches_prompts"}
    | {"takes_audio", "parameters", "verified_at", "retires_at", "requests_per_minute", "requests_per_day"}
    | {"tokens_per_minute", "tokens_per_day"}
)
Row = TypeVar("Row", Account, Offer)
PRICE_FIELDS = ("usd_in", "usd_cached", "usd_out", "batch_factor")


class BadRow(ValueError):
    """A row of the data file can't be right; the message says why."""


@dataclass
class Report:
    """What a load did, a line a row: `label`, `label/model`, or `label/model at version`."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # edited by a person
    refused: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Everything that changed or was refused."""
        yield from (f"added {name}" for name in self.added)
        yield from (f"changed {name}" for name in self.changed)
        yield from (f"refused {name}" for name in self.refused)

    def brief(self) -> Iterator[str]:
        """What is worth saying after a migration; nothing where nothing changed."""
        if self.added or self.changed:
            yield f"{len(self.added)} added, {len(self.changed)} changed, {len(self.left)} left as edited by hand"
        yield from (f"refused {name}" for name in self.refused)


def load(*, path: Path = DATA, dry_run: bool = False) -> Report:
    """Bring the tables to what the file says. :raises ValueError: if the file is no JSON."""
    report, data = Report(), json.loads(path.read_text())
    with tenancy.enter_platform(), transaction.atomic():
        known = {row.label: row for row in Account.objects.prefetch_related("offers__prices")}
        for wanted, offers in _rows(data):
            _load_account(wanted, offers, known.get(str(wanted.get("label"))), report)
        if dry_run:
            transaction.set_rollback(True)
    registry.forget()
    return report


def _rows(data: dict[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each account with its models: an account says what differs from its provider."""
    for provider in data["providers"]:
        common = {name: value for name, value in provider.items() if name not in ("accounts", "offers")}
        for account in provider["accounts"]:
            yield {"verified_at": data["verified_at"]} | common | account, provider["offers"]


def _load_account(wanted: dict[str, Any], offers: list[dict[str, Any]], row: Account | None, report: Report) -> None:
    name = str(wanted.get("label"))
    try:
        account = _bring(row or Account(), _values(wanted, ACCOUNT_FIELDS), name, report)
    except (BadRow, ValidationError) as error:
        report.refused.append(f"{name}: {_said(error)}")
        return
    known = {offer.model: offer for offer in row.offers.all()} if row else {}
    for offer in offers:
        _load_offer(account, {"verified_at": wanted.get("verified_at")} | offer, known, report)


def _load_offer(account: Account, wanted: dict[str, Any], known: dict[str, Offer], report: Report) -> None:
    price, model = wanted.pop("price", None), str(wanted.get("model"))
    name, row = f"{account.label}/{model}", known.get(model)
    try:
        with transaction.atomic():  # a model whose price is refused is not there without it
            values = _values(wanted, OFFER_FIELDS) | {"account_id": account.pk}
            if values.get("quality") not in QUALITIES:
                raise BadRow(f"quality: {values.get('quality')!r} is none of {', '.join(QUALITIES)}.")
            offer = _bring(row or Offer(), values | {"quality": QUALITIES[values["quality"]]}, name, report)
            if price is not None and offer.edited_at is None:
                _load_price(offer, price, name, report)
    except (BadRow, ValidationError) as error:
        report.refused.append(f"{name}: {_said(error)}")


def _load_price(offer: Offer, wanted: dict[str, Any], name: str, report: Report) -> None:
    """A version of its own for each change; the ledger names the version."""
    values = _prices(wanted)
    versions = sorted(offer.prices.all(), key=lambda price: price.version, reverse=True) if offer.pk else []
    if versions and all(getattr(versions[0], field) == values[field] for field in PRICE_FIELDS):
        return
    version = str(wanted.get("version", ""))
    if versions and version <= versions[0].version:
        raise BadRow(f"price: it changed, so its version must follow {versions[0].version}.")
    price = Price(offer=offer, version=version, **values)
    price.clean_fields()
    price.clean()
    price.save(force_insert=True)
    report.added.append(f"{name} at {version}")


def _prices(wanted: dict[str, Any]) -> dict[str, Decimal]:
    unknown = wanted.keys() - {"version", "unit", *PRICE_FIELDS}
    if unknown:
        raise BadRow(f"price: unknown field {', '.join(sorted(unknown))}.")
    if wanted.get("unit") != UNIT:
        raise BadRow(f"price: unknown unit {wanted.get('unit')!r}; {UNIT} is meant.")
    return {name: _dollars(name, wanted.get(name, "1" if name == "batch_factor" else None)) for name in PRICE_FIELDS}


def _dollars(name: str, value: Any) -> Decimal:
    """As text in the file: a float is not what was typed."""
    try:
        dollars = Decimal(value) if isinstance(value, str) else Decimal("NaN")
    except InvalidOperation:
        dollars = Decimal("NaN")
    if not dollars.is_finite():
        raise BadRow(f"{name}: {value!r} is not a number in quotes.")
    return dollars


def _values(wanted: dict[str, Any], allowed: frozenset[str]) -> dict[str, Any]:
    unknown = wanted.keys() - allowed
    if unknown:
        raise BadRow(f"unknown field {', '.join(sorted(unknown))}.")
    return wanted | {name: _date(wanted[name]) for name in ("verified_at", "retires_at") if wanted.get(name)}


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadRow(f"{text!r} is not a date.") from None


def _bring(row: Row, values: dict[str, Any], name: str, report: Report) -> Row:
    """The row with these values, and its model's defaults where the file says nothing.

    :raises ValidationError: if the row would not be right; nothing is saved.
    """
    if row.edited_at is not None:
        report.left.append(name)
        return row
    full = _defaults(type(row), values.keys()) | values
    is_new = row._state.adding
    if not is_new and all(getattr(row, field) == value for field, value in full.items()):
        return row
    for field_name, value in full.items():
        setattr(row, field_name, value)
    row.clean_fields()
    row.clean()
    row.save()
    (report.added if is_new else report.changed).append(name)
    return row


def _defaults(model: type[models.Model], given: Any) -> dict[str, Any]:
    """What a field has that the file left out: taken away there, it is taken away here."""
    names = (ACCOUNT_FIELDS if model is Account else OFFER_FIELDS) - set(given)
    return {name: model._meta.get_field(name).get_default() for name in names}  # type: ignore[union-attr]


def _said(error: BadRow | ValidationError) -> str:
    if isinstance(error, BadRow):
        return str(error)
    return " ".join(f"{name}: {' '.join(reasons)}" for name, reasons in error.message_dict.items())
