"""Figures as people read them."""

from decimal import Decimal
from typing import Any

from django import template
from django.template.defaultfilters import floatformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from llm.models import Offer

register = template.Library()

NOTHING = "–"
EXACT = 8  # decimals of a dollar in the ledger
BREAKER_TYPES = {"closed": "success", "half-open": "warning", "open": "danger"}


@register.filter
def percent(ratio: float | str) -> str:
    """0.125 as "12.5%"; "" for what is no number."""
    try:
        return f"{floatformat(100 * float(ratio), 1)}%"
    except ValueError:
        return ""


@register.filter
def count(number: int | None) -> str:
    """1377035 as "1,377,035"; a dash for None."""
    return NOTHING if number is None else number_format(number, decimal_pos=0, force_grouping=True)


@register.filter
def milliseconds(number: int | None) -> str:
    """1334 as "1,334 ms"; a dash for None."""
    return NOTHING if number is None else _("%(number)s ms") % {"number": count(number)}


@register.filter
def usd(dollars: Decimal | float | str | None) -> str:
    """Dollars with as many digits as say something: $1,234.50, $0.0123, $0.000310; a dash for None."""
    if not isinstance(dollars, Decimal | float | int):  # a template's "" for what is not there
        return NOTHING
    amount = Decimal(str(dollars))
    places = 2 if not amount or abs(amount) >= 1 else 4 if abs(amount) >= Decimal("0.001") else 6
    sign = "-" if amount < 0 else ""
    return f"{sign}${number_format(abs(round(amount, places)), decimal_pos=places, force_grouping=True)}"


@register.filter
def exact_usd(dollars: Decimal | str | None) -> str:
    """Dollars to the ledger's last decimal, $0.00012300; a dash for None."""
    if not isinstance(dollars, Decimal):
        return NOTHING
    return f"${number_format(dollars, decimal_pos=EXACT, force_grouping=True)}"


@register.filter
def quality(number: Any) -> str:
    """The word for a quality; as it is where there is none."""
    return str(dict(Offer.Quality.choices).get(number, number))


@register.filter
def breaker_type(state: str) -> str:
    """The kind of unfold's label for a breaker's state."""
    return BREAKER_TYPES.get(state, "")
