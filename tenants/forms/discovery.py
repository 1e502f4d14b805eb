"""Forms of the way to one's company."""

from django import forms
from django.utils.translation import gettext_lazy as _


class FindForm(forms.Form):
    """The work address of somebody who looks for the company's site."""

    email = forms.EmailField(label=_("Work e-mail address"), max_length=254)


class CompanyForm(forms.Form):
    """The name of the company's site."""

    name = forms.CharField(label=_("Name of the site"), max_length=40)
