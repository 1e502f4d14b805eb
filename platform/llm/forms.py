"""What may be typed about providers; a key that lands in a wrong field is refused and not shown again."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core import entitlements, tenancy
from llm import credentials, plausible
from llm.models import OwnKey, Price


class NoPastedKeys(forms.ModelForm):
    """Refuses texts that look like a provider's key, and forgets what was typed into `forgotten` when it is wrong."""

    forgotten: tuple[str, ...] = ()
    keys_belong_in: tuple[str, ...] = ()

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            return
        for name in self.fields.keys() - set(self.keys_belong_in):
            pasted = plausible.looks_like_a_key(str(self.data.get(self.add_prefix(name), "")))
            if pasted:
                self.errors.pop(name, None)  # some quote what was typed
                self.add_error(name, ValidationError(plausible.PASTED))
            if pasted or (name in self.forgotten and name in self.errors):
                self.data = self.data.copy()  # type: ignore[attr-defined]
                self.data[self.add_prefix(name)] = ""  # type: ignore[index]


class AccountForm(NoPastedKeys):
    """An account; `address_refusal` and `key_refusal` were found before the transaction of the page began."""

    forgotten = ("key_source",)
    address_refusal = key_refusal = ""

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not found.get("is_enabled", self.instance.is_enabled):
            return found  # nothing goes there: it may wait for its server and its key
        if self.address_refusal and "base_url" in found:
            self.add_error("base_url", self.address_refusal)
        if self.key_refusal and "key_source" in found:
            self.add_error("key_source", self.key_refusal)
        return found


class OfferForm(NoPastedKeys):
    """A model; which fields, the admin says."""


class PriceForm(NoPastedKeys):
    class Meta:
        model = Price
        fields = ("version", "usd_in", "usd_cached", "usd_out", "batch_factor")
        labels: ClassVar = {
            "usd_in": _("$ per million tokens in"),
            "usd_cached": _("Of them cached, $"),
            "usd_out": _("$ per million tokens out"),
            "batch_factor": _("In a batch, times"),
        }


class PriceFormSet(BaseInlineFormSet):
    """A new version follows the newest: the ledger and the router go by that order."""

    def clean(self) -> None:
        super().clean()
        newest = max((price.version for price in self.instance.prices.all()), default="") if self.instance.pk else ""
        for form in self.extra_forms:
            version = form.cleaned_data.get("version") if hasattr(form, "cleaned_data") else None
            if version and version <= newest:
                form.add_error("version", _("It must follow %s in the order of the alphabet.") % newest)
            newest = max(newest, version or "")


class OwnKeyForm(NoPastedKeys):
    """A tenant's own key: typed, sealed, never shown."""

    keys_belong_in = ("secret",)

    secret = forms.CharField(
        label=_("Key"),
        strip=True,
        max_length=4000,
        widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "off"}),
        help_text=_("It is sealed under the tenant's own key and never shown again. A new one takes its place."),
    )
    tenant = forms.CharField(
        label=_("Tenant"), max_length=63, help_text=_("Its schema."), widget=UnfoldAdminTextInputWidget
    )

    class Meta:
        model = OwnKey
        fields = ("tenant", "account")
        widgets = {"account": UnfoldAdminSelectWidget}

    def clean_tenant(self) -> str:
        name = str(self.cleaned_data["tenant"])
        try:
            tenancy.by_schema(name)
        except tenancy.UnknownTenant:
            raise ValidationError(_("No tenant has this schema.")) from None
        return name

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                with tenancy.enter(given.get("tenant") or self.instance.tenant):
                    entitlements.require(entitlements.Feature.OWN_KEYS)
            except entitlements.NotInPlan as error:
                self.add_error(None, str(error))
        return given


def key_refusal(source: str) -> str:
    """Why no key can be read there now, where one must be; the place is asked with nothing held."""
    if source == credentials.OWN:
        return ""
    try:
        credentials.read(source)
    except credentials.NoKey as error:
        return str(error)
    return ""
