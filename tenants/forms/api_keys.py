"""The forms of keys: they check shape; the service checks meaning."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.programs import Scope
from tenants.services.api_keys import LONGEST_NAME

OVERLAPS = [(0, _("at once")), (1, _("in an hour")), (24, _("in a day")), (168, _("in seven days"))]


class KeyForm(forms.Form):
    LIVES = [(30, _("30 days")), (90, _("90 days")), (365, _("a year"))]

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, help_text=_("What it is for, such as the program that uses it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple, required=True
    )
    days = forms.TypedChoiceField(label=_("It works for"), choices=LIVES, coerce=int, initial=90)

    def asked(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        return {"name": data["name"], "scopes": data["scopes"], "life": timedelta(days=data["days"])}


class RotateForm(forms.Form):
    """`hours` is for how long the old secret still works."""

    hours = forms.TypedChoiceField(label=_("The old secret ends"), choices=OVERLAPS, coerce=int, initial=24)

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])
