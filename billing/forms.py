"""What people of a tenant write on the pages of billing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import BillingDetails
from billing.selectors import taxed
from billing.services import countries


class DetailsForm(forms.ModelForm):
    """To whom invoices are made out."""

    class Meta:
        model = BillingDetails
        fields = ("company", "line1", "line2", "postal_code", "city", "country", "tax_id", "email", "purchase_order")
        help_texts = {
            "tax_id": _("Your EU VAT number, for example PT501964843."),
            "purchase_order": _("For example, a purchase order number. It is printed on every invoice."),
            "country": "",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"] = forms.ChoiceField(
            label=_("Country"), choices=[("", _("Choose")), *countries.choices()]
        )
        for name, label in LABELS.items():
            self.fields[name].label = label
        self.fields["tax_id"].help_text = f"{self.fields['tax_id'].help_text} {taxed.hint()}".rstrip()


LABELS = {
    "company": _("Company"),
    "line1": _("Street and number"),
    "line2": _("Second line"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "tax_id": _("Tax ID"),
    "email": _("E-mail for invoices"),
    "purchase_order": _("Your reference"),
}


class OverageForm(forms.Form):
    """How many interviews beyond the included may begin."""

    limit = forms.IntegerField(label=_("Extra interviews allowed per period"), min_value=0)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["limit"] = forms.IntegerField(
            label=_("Extra interviews allowed per period"), min_value=0, max_value=most
        )
