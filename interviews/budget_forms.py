"""The form of a budget: amounts are written as people write them, or refused with a sentence that says why."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interviews.selectors.budgets import WARN_PERCENT, Line
from llm.models.own_budgets import LEAST_USD, MOST_USD
from llm.own_budgets import Terms

AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]+)?")
STOPS, WARNS = "stops", "warns"


class AmountField(forms.CharField):
    """US dollars and cents, as digits with at most one point: no commas, exponents or words."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=20, error_messages={"required": _("Write an amount in US dollars.")}, **more)

    def clean(self, value: Any) -> Any:
        return amount_of(super().clean(value))


def amount_of(text: str) -> Decimal:
    """The amount that was written.

    :raises django.forms.ValidationError: saying what is wrong with it.
    """
    text = text.strip().removeprefix("US").removeprefix("$").strip()
    if "," in text:
        raise forms.ValidationError(_("Write it without commas, with a point before the cents: 1250.50"))
    if not AMOUNT.fullmatch(text):
        raise forms.ValidationError(_("Write it in digits, such as 25 or 25.50"))
    amount = Decimal(text)
    if amount < LEAST_USD:
        raise forms.ValidationError(_("Use at least $0.01. To have no budget, remove it."))
    if amount > MOST_USD:
        raise forms.ValidationError(_("Use at most $1000000."))
    if amount != round(amount, 2):
        raise forms.ValidationError(_("Use at most two digits after the point."))
    return round(amount, 2)


class BudgetForm(forms.Form):
    """`seen` is the revision of the budget that was shown, 0 where there was none."""

    PERCENT = {
        "min_value": gettext_lazy("Use 1 percent or more."),
        "max_value": gettext_lazy("Use 99 percent or fewer."),
        "invalid": gettext_lazy("Write a whole number, such as 80."),
    }

    limit = AmountField(label=gettext_lazy("Limit in US dollars"))
    at_limit = forms.ChoiceField(
        label=gettext_lazy("When it is used up"),
        choices=[
            (STOPS, gettext_lazy("Stop asking models")),
            (WARNS, gettext_lazy("Only tell us; everything goes on")),
        ],
        widget=forms.RadioSelect,
    )
    warn_percent = forms.IntegerField(
        label=gettext_lazy("Tell us from so many percent"), min_value=1, max_value=99, error_messages=PERCENT
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    @property
    def terms(self) -> Terms:
        data = self.cleaned_data
        return Terms(data["limit"], data["at_limit"] == STOPS, data["warn_percent"])


class RemoveForm(forms.Form):
    seen = forms.IntegerField(min_value=0)


def shown(line: Line) -> dict[str, Any]:
    """What stands in the form at first."""
    row = line.row
    if row is None:
        return {"limit": "", "at_limit": STOPS, "warn_percent": WARN_PERCENT, "seen": 0}
    return {
        "limit": f"{row.limit_usd:.2f}",
        "at_limit": STOPS if row.is_hard else WARNS,
        "warn_percent": row.warn_percent,
        "seen": row.revision,
    }
