"""Who issues invoices and to whom they are made out, in the platform's admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from billing.models import BillingDetails, BillingNotice, Seller
from billing.services import billing_details, sellers
from core import audit
from core.read_only import ReadOnlyAdmin
from tenants.services.trails import acting


class SellerForm(forms.ModelForm):
    class Meta:
        model = Seller
        fields = sellers.FIELDS

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                values = sellers.checked(values)
            except sellers.BadSeller as error:
                self.add_error(error.field, str(error))
        return values


@admin.register(Seller)
class SellerAdmin(ModelAdmin):
    """One row. Saved, it is no placeholder any more; invoices that were issued keep what they say."""

    form = SellerForm
    fields = sellers.FIELDS
    list_display = ("company", "country", "tax_id", "iban", "is_placeholder")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        sellers.current()  # there is always one
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Seller | None = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "GET" and Seller.objects.filter(is_placeholder=True).exists():
            messages.warning(request, _("This is a placeholder: in production nothing is invoiced until it is set."))
        return super().render_change_form(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Seller, form: Any, change: bool) -> None:
        with acting(audit.Actor("platform", request.user.pk)):
            obj.pk = sellers.save(form.cleaned_data).pk


class DetailsForm(forms.ModelForm):
    class Meta:
        model = BillingDetails
        fields = ("subscription", *billing_details.FIELDS)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                values |= billing_details.checked(values)
            except billing_details.BadDetails as error:
                self.add_error(error.field, str(error))
        return values


@admin.register(BillingDetails)
class BillingDetailsAdmin(ModelAdmin):
    """What waited for the details is invoiced once they are saved."""

    form = DetailsForm
    list_display = ("company", "tenant", "country", "tax_id", "email", "updated_at")
    search_fields = ("company", "subscription__tenant__name", "tax_id")
    list_select_related = ("subscription__tenant",)

    @admin.display(description=_("Tenant"))
    def tenant(self, details: BillingDetails) -> str:
        return str(details.subscription.tenant)

    def has_delete_permission(self, request: HttpRequest, obj: BillingDetails | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: BillingDetails | None = None) -> Any:
        return ("subscription",) if obj else ()

    def save_model(self, request: HttpRequest, obj: BillingDetails, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in billing_details.FIELDS}
        with acting(audit.Actor("platform", request.user.pk)):
            saved = billing_details.save(subscription_id=obj.subscription_id, values=values)
        obj.pk, obj._state.adding = saved.pk, False


@admin.register(BillingNotice)
class BillingNoticeAdmin(ReadOnlyAdmin):
    """Mail about plans, invoices and payment: what is owed, went, or was given up (core, Due: retry)."""

    list_display = ("created_at", "subscription", "kind", "invoice", "status", "sent_at", "error")
    list_filter = ("status", "kind")
    list_select_related = ("subscription__tenant", "invoice")
