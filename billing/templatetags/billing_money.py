"""Money and counts as people read them on the pages of billing."""

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()

NOTHING = "–"


@register.filter
def money(dollars: Decimal | None) -> str:
    """Dollars and cents: $1,234.50; −$12.40 is given back; a dash for None."""
    if dollars is None:
        return NOTHING
    sign = "−" if dollars < 0 else ""
    return f"{sign}${number_format(abs(dollars), decimal_pos=2, force_grouping=True)}"


@register.filter
def count(number: int | None) -> str:
    """1377035 as "1,377,035"; a dash for None."""
    return NOTHING if number is None else number_format(number, decimal_pos=0, force_grouping=True)
