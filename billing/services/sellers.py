"""Who issues invoices, as it is kept on each of them."""

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _
from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from billing.models import Seller
from billing.models.sellers import THE_ONE
from billing.services import countries, tax_ids
from core import audit, typesetting
from core.staff_warnings import Urgent

FIELDS = (
    *("company", "line1", "line2", "postal_code", "city", "country", "tax_id", "bank", "iban", "bic"),
    *("email", "tax_percent", "zone", "footer"),
)
PLACEHOLDER = Path(__file__).resolve().parents[1] / "data" / "seller.json"


class PlaceholderSeller(Exception):
    """No seller was set: in production nothing is invoiced in the placeholder's name."""


class BadSeller(ValueError):
    """A field does not hold what it must; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def current() -> Seller:
    """The seller; a placeholder is put there until it is set."""
    Seller.objects.get_or_create(pk=THE_ONE, defaults=json.loads(PLACEHOLDER.read_text()))
    return Seller.objects.get(pk=THE_ONE)  # with its numbers as numbers


def for_issuing() -> Seller:
    """The seller of an invoice that is issued now.

    :raises PlaceholderSeller: if it was not set, in production.
    """
    seller = current()
    if _is_missing(seller):
        raise PlaceholderSeller(_("The seller is still the placeholder. Set it in the admin: Billing, Seller."))
    return seller


def missing() -> list[Urgent]:
    """What the admin's first page says for as long as no invoice can be issued."""
    if not _is_missing(Seller.objects.filter(pk=THE_ONE).first()):
        return []
    text = _("No invoice is issued: the seller is still the placeholder. Say who issues them.")
    return [Urgent(text, "admin:billing_seller_changelist")]


def _is_missing(seller: Seller | None) -> bool:
    return settings.PRODUCTION and (seller is None or seller.is_placeholder)


@transaction.atomic
def save(values: dict[str, Any]) -> Seller:
    """Say who the seller is; from now on it is no placeholder. Invoices that were issued keep what they say.

    :raises BadSeller: as `checked` does.
    """
    fresh, seller = checked(values), current()
    changed = [name for name in FIELDS if getattr(seller, name) != fresh[name]]
    for name in FIELDS:
        setattr(seller, name, fresh[name])
    seller.is_placeholder = False
    seller.save()
    audit.record("seller.changed", seller, fields=changed)
    return seller


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """What was typed of a seller, with its numbers in their usual form.

    :raises BadSeller: for a wrong IBAN, BIC, VAT number or time zone.
    """
    country = str(values["country"]).strip().upper()
    if country not in countries.COUNTRIES:
        raise BadSeller("country", _("That is no country's two letters, such as PT."))
    try:
        tax_id = tax_ids.clean(values["tax_id"], country=country)
    except tax_ids.BadTaxId as error:
        raise BadSeller("tax_id", str(error)) from error
    try:
        ZoneInfo(values["zone"])
    except (OSError, ValueError, LookupError) as error:
        raise BadSeller("zone", _("There is no such time zone.")) from error
    unknown = typesetting.unprintable("".join(str(value) for value in values.values()))
    if unknown:
        letters = " ".join(sorted(unknown))
        raise BadSeller(
            "company", _("Invoices can't show %(letters)s. Write it in Latin letters.") % {"letters": letters}
        )
    account = {"iban": _number(iban, "iban", values["iban"]), "bic": _number(bic, "bic", values["bic"])}
    return values | account | {"country": country, "tax_id": tax_id}


def _number(module: Any, field: str, typed: str) -> str:
    try:
        module.validate(typed)
    except ValidationError as error:
        raise BadSeller(field, _("That is none: its form or its check digits are wrong.")) from error
    written: str = module.format(typed)
    return written


def snapshot(seller: Seller) -> dict[str, Any]:
    """The seller as an invoice keeps it."""
    return model_to_dict(seller, exclude=["tax_percent"]) | {"is_placeholder": seller.is_placeholder}
