from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from core import tenancy
from tenants.models import Domain
from tenants.services import custom_domains, host_names


class DomainForm(forms.ModelForm):
    """A host as the exact table holds it; a tenant keeps exactly one primary."""

    class Meta:
        model = Domain
        fields = ("domain", "tenant", "is_primary")

    def clean_domain(self) -> str:
        typed: str = self.cleaned_data["domain"]
        if typed == self.initial.get("domain"):
            return typed  # the one that the set-up gave
        try:
            return host_names.clean(typed)
        except host_names.BadHost as error:
            raise forms.ValidationError(str(error)) from error

    def clean_is_primary(self) -> bool:
        wanted: bool = self.cleaned_data["is_primary"]
        if self.initial.get("is_primary") and not wanted:
            raise forms.ValidationError(_("Make another host the primary one; this one then stops being it by itself."))
        return wanted


class DomainInline(TabularInline):
    """To be read here; hosts are changed on their own page."""

    model = Domain
    extra = 0
    can_delete = False
    show_change_link = True
    readonly_fields = ("domain", "is_primary")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Domain)
class DomainAdmin(ModelAdmin):
    form = DomainForm
    list_display = ("domain", "tenant", "is_primary")
    list_filter = ("is_primary",)
    search_fields = ("domain", "tenant__name")
    autocomplete_fields = ("tenant",)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Domain, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_primary:
            custom_domains.follow_primary(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Domain | None = None) -> Any:
        return () if obj is None else ("tenant",)

    def has_delete_permission(self, request: HttpRequest, obj: Domain | None = None) -> bool:
        return obj is None or not obj.is_primary

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Domain]) -> None:
        kept = queryset.filter(is_primary=True).count()
        queryset.filter(is_primary=False).delete()
        tenancy.forget()
        if kept:
            messages.warning(request, _("A tenant's primary host stays: %(count)d was kept.") % {"count": kept})
