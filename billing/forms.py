"""What people of a tenant write on the pages of billing."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing import countries
from billing.models import BillingDetails

TAX_ID = re.compile(r"[A-Z0-9]{4,20}")


class DetailsForm(forms.ModelForm):
    """To whom invoices are made out."""

    class Meta:
        model = BillingDetails
        fields = ("company", "line1", "line2", "postal_code", "city", "country", "tax_id", "email", "purchase_order")
        help_texts = {
            "tax_id": _("Your VAT number in the EU, such as PT501964843."),
            "purchase_order": _("Such as a purchase order; it stands on every invoice."),
            "country": "",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(
            label=_("Country"), choices=[("", _("Choose")), *countries.choices()]
        )
        for name, label in LABELS.items():
            self.fields[name].label = label

    def clean_tax_id(self) -> str:
        given = re.sub(r"[\s.-]", "", self.cleaned_data["tax_id"]).upper()
        if given and not TAX_ID.fullmatch(given):
            raise ValidationError(_("Write 4 to 20 letters and digits, such as PT501964843."))
        return given


LABELS = {
    "company": _("Company"),
    "line1": _("Street and number"),
    "line2": _("Second line"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "tax_id": _("Tax id"),
    "email": _("E-mail for invoices"),
    "purchase_order": _("Your reference"),
}


class OverageForm(forms.Form):
    """How many interviews beyond the included may begin."""

    limit = forms.IntegerField(label=_("Most interviews beyond the included, in each period"), min_value=0)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["limit"] = forms.IntegerField(
            label=_("Most interviews beyond the included, in each period"), min_value=0, max_value=most
        )
