"""VAT numbers: their form and check digits, by country. Whether a register knows one is not looked up."""

import re
from typing import Any

from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError
from stdnum.util import get_cc_module

from billing.services.countries import name_of
from billing.services.tax import EU, EXAMPLES, PREFIXES

ANY = re.compile(r"[0-9A-Z][0-9A-Z./ -]{2,28}[0-9A-Z]")


class BadTaxId(ValueError):
    """This is no VAT number of the country."""


def clean(tax_id: str, *, country: str) -> str:
    """The number in its usual form, with the country's prefix in the EU; "" stays "".

    :raises BadTaxId: if its form or its check digits are wrong.
    """
    typed = " ".join(tax_id.upper().split())
    if not typed:
        return ""
    module = get_cc_module(country.lower(), "vat")
    if module is None:
        if not ANY.fullmatch(typed):
            raise BadTaxId(_("That is no tax number."))
        return typed
    prefix = PREFIXES.get(country, country) if country in EU else ""
    return prefix + _checked(module, typed, prefix, country)


def _checked(module: Any, typed: str, prefix: str, country: str) -> str:
    try:
        number: str = module.validate(typed)
    except ValidationError as error:
        raise BadTaxId(_refusal(country)) from error
    return number.removeprefix(prefix) if prefix else number


def _refusal(country: str) -> str:
    said = _("That is no VAT number of this country (%(country)s): its form or its check digits are wrong.")
    shown = (
        _("A right one looks like this: %(example)s.") % {"example": EXAMPLES[country]} if country in EXAMPLES else ""
    )
    return f"{said % {'country': name_of(country)}} {shown}".rstrip()
