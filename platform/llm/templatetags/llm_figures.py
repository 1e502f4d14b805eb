"""Figures as people read them."""

from django import template
from django.template.defaultfilters import floatformat

register = template.Library()


@register.filter
def percent(ratio: float | str) -> str:
    """0.125 as "12.5%"; "" for what is no number."""
    try:
        return f"{floatformat(100 * float(ratio), 1)}%"
    except ValueError:
        return ""
