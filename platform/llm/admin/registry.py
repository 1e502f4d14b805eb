from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from unfold.admin import ModelAdmin, TabularInline

from llm import editing, own_keys, plausible, reaching, registry
from llm.forms import AccountForm, OfferForm, OwnKeyForm, PriceForm, PriceFormSet, key_refusal
from llm.models import Account, Offer, OwnKey, Price
from llm.models.registry import BASE_URL, KEY_SOURCE

CHECKS: tuple[tuple[Callable[[str], None], str], ...] = (
    (plausible.check_no_key, "base_url"),
    (plausible.check_no_key, "key_source"),
    (BASE_URL, "base_url"),
    (plausible.check_base_url, "base_url"),
    (KEY_SOURCE, "key_source"),
    (plausible.check_key_source, "key_source"),
)
LABELS = {
    "base_url": _("Address"),
    "key_source": _("Key"),
    "is_enabled": _("Enabled"),
    "counts_max_tokens": _("Counts the most tokens"),
    "max_tokens_field": _("Field for the most tokens"),
    "streams_usage": _("Counts streams"),
    "has_batch": _("Takes batches"),
    "structured": _("Asked for JSON by"),
}
LIMITS = ("requests_per_minute", "requests_per_day", "tokens_per_minute", "tokens_per_day")


class RegistryAdmin(ModelAdmin):
    """Rows that are switched off rather than deleted: the ledger names them."""

    actions = ("enable", "disable")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        state = () if obj is None else ((_("State"), {"fields": ("stored_state",)}),)
        return (*super().get_fieldsets(request, obj), *state)

    @admin.display(description=_("Not used because"))
    def stored_state(self, row: Any) -> str:
        """Of the stored row: what a refused form holds may be a key."""
        stored = self.get_queryset(None).get(pk=row.pk)
        return str(self.state(stored))

    def state(self, row: Any) -> str:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        editing.save(obj, changed=form.changed_data)

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, enabled=True)

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Any], *, enabled: bool) -> None:
        count = editing.set_enabled(queryset, enabled=enabled)
        messages.success(request, ngettext("%(count)d changed.", "%(count)d changed.", count) % {"count": count})


class OfferInline(TabularInline):
    """The models of an account; each is edited on a page of its own, with its prices."""

    model = Offer
    extra = 0
    can_delete = False
    show_change_link = True
    fields = readonly_fields = ("model", "quality", "is_enabled", "price", "state")

    @admin.display(description=_("$ per million tokens"))
    def price(self, row: Offer) -> str:
        return price_of(row)

    @admin.display(description=_("Not used because"))
    def state(self, row: Offer) -> str:
        return registry.why_not_offer(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        found: QuerySet[Offer] = super().get_queryset(request).prefetch_related("prices")
        return found

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(RegistryAdmin):
    """Accounts at providers, with why one of them is not used."""

    form = AccountForm
    inlines = (OfferInline,)
    list_display = ("label", "provider", "is_enabled", "state", "region", "verified_at", "retires_at", "key_changed_at")
    list_filter = ("is_enabled", "provider", "trains_on_data", "region")
    search_fields = ("label", "provider")
    list_per_page = 100
    fieldsets = (
        (None, {"fields": ("label", "provider", "base_url", "key_source", "is_enabled", "note")}),
        (_("Data"), {"fields": ("region", "trains_on_data", "verified_at", "retires_at")}),
        (_("Limits"), {"fields": (*LIMITS, "in_flight", "time_zone", "counts_max_tokens")}),
        (_("Manners"), {"fields": ("structured", "max_tokens_field", "streams_usage", "has_batch")}),
    )

    @admin.display(description=_("Not used because"))
    def state(self, row: Account) -> str:
        return registry.why_not(row)

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        return () if obj is None else ("label", "provider", "stored_state")

    def get_inlines(self, request: HttpRequest, obj: Account | None) -> Any:
        return self.inlines if obj else ()

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
        """Look at the address and the key first: the page itself is one transaction."""
        allowed = self.has_change_permission(request) if object_id else self.has_add_permission(request)
        if request.method == "POST" and allowed and request.POST.get("is_enabled"):
            request.llm_refusals = _looked_at(request)  # type: ignore[attr-defined]
        answer: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)
        return answer

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = super().get_form(request, obj, change=change, **kwargs | {"labels": LABELS})
        return type(made.__name__, (made,), getattr(request, "llm_refusals", {}))


def _looked_at(request: HttpRequest) -> dict[str, str]:
    """Nothing is asked where the form will refuse the words themselves."""
    try:
        for check, typed in CHECKS:
            check(request.POST.get(typed, ""))
    except forms.ValidationError:
        return {}
    return {
        "address_refusal": reaching.refusal(request.POST["base_url"]),
        "key_refusal": key_refusal(request.POST["key_source"]),
    }


class PriceInline(TabularInline):
    """Prices are followed by new ones, never changed."""

    model = Price
    form = PriceForm
    formset = PriceFormSet
    extra = 0
    can_delete = False
    fields = ("version", "usd_in", "usd_cached", "usd_out", "batch_factor")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Offer)
class OfferAdmin(RegistryAdmin):
    """Models by account, with their prices."""

    form = OfferForm
    inlines = (PriceInline,)
    list_display = ("model", "account", "quality", "is_enabled", "price", "state", "retires_at")
    list_filter = ("is_enabled", "quality", "account")
    list_select_related = ("account",)
    search_fields = ("model", "account__label")
    list_per_page = 100
    fieldsets = (
        (None, {"fields": ("account", "model", "quality", "is_enabled", "context_tokens")}),
        (_("Manners"), {"fields": ("takes_temperature", "reasoning_tokens", "caches_prompts", "takes_audio")}),
        (_("Parameters"), {"fields": ("parameters",)}),
        (_("Limits of its own"), {"fields": LIMITS}),
        (_("Facts"), {"fields": ("verified_at", "retires_at")}),
    )

    @admin.display(description=_("$ per million tokens"))
    def price(self, row: Offer) -> str:
        return price_of(row)

    @admin.display(description=_("Not used because"))
    def state(self, row: Offer) -> str:
        return (registry.why_not(row.account) or registry.why_not_offer(row)) if row.pk and row.account_id else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        found: QuerySet[Offer] = super().get_queryset(request).prefetch_related("prices")
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> Any:
        return () if obj is None else ("account", "model", "stored_state")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for price in formset.save(commit=False):
            editing.add_price(price)
        formset.save_m2m()


def price_of(row: Offer) -> str:
    """Fresh / cached / out of the newest version."""
    price = registry.latest_price(row)
    return f"{price.usd_in:f} / {price.usd_cached:f} / {price.usd_out:f} ({price.version})" if price else ""


@admin.register(OwnKey)
class OwnKeyAdmin(ModelAdmin):
    """Keys that tenants gave: added, replaced and removed, never shown."""

    form = OwnKeyForm
    list_display = ("tenant", "account", "state", "created_at")
    list_filter = ("account",)
    list_select_related = ("account",)
    search_fields = ("tenant", "account__label")
    fields = ("tenant", "account", "secret")
    actions = None

    @method_decorator(sensitive_post_parameters("secret"))
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().changeform_view(*args, **kwargs)
        return answer

    @admin.display(description=_("Not used because"))
    def state(self, row: OwnKey) -> str:
        return row.why_unused  # type: ignore[attr-defined]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        reasons = own_keys.why_unused(shown.result_list)
        for row in shown.result_list:
            row.why_unused = reasons.get(row.pk, "")
        return shown

    def get_readonly_fields(self, request: HttpRequest, obj: OwnKey | None = None) -> Any:
        return () if obj is None else ("tenant", "account")

    def save_model(self, request: HttpRequest, obj: OwnKey, form: Any, change: bool) -> None:
        """Stored also where its account is not used yet."""
        row = own_keys.give(tenant_schema=obj.tenant, account_label=obj.account.label, key=form.cleaned_data["secret"])
        obj.pk, obj._state.adding = row.pk, False
        for reason in own_keys.why_unused([row]).values():
            messages.warning(request, _("The key is stored and not used: %s") % reason)

    def delete_model(self, request: HttpRequest, obj: OwnKey) -> None:
        own_keys.remove(tenant_schema=obj.tenant, account_label=obj.account.label)
