from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from tenants.models import Domain, ProvisioningStep, Tenant
from tenants.services import logos, provisioning


class TenantForm(forms.ModelForm):
    """A tenant, with an upload that becomes its logo."""

    logo_file = forms.FileField(label=_("Logo"), required=False, help_text=_("PNG, JPEG or WebP, at most 200 KB."))

    class Meta:
        model = Tenant
        fields = ("name", "subdomain", "plan_code", "brand_color", "owner_email", "contact_email")
        help_texts = {
            "owner_email": _(
                "Becomes the tenant's first user; `manage.py tenant_command changepassword` gives them a password."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "plan_code" in self.fields:  # read-only once the tenant exists
            self.fields["plan_code"] = forms.ChoiceField(
                label=_("Plan"), choices=provisioning.plans, widget=UnfoldAdminSelectWidget
            )

    def clean_logo_file(self) -> bytes | None:
        upload = self.cleaned_data["logo_file"]
        if upload is None:
            return None
        try:
            return logos.redraw(upload.read())
        except logos.BadLogo as error:
            raise forms.ValidationError(str(error)) from error


class DomainInline(TabularInline):
    model = Domain
    extra = 0


class StepInline(TabularInline):
    model = ProvisioningStep
    extra = 0
    can_delete = False
    readonly_fields = ("name", "status", "error", "started_at", "finished_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Tenant)
class TenantAdmin(ModelAdmin):
    """Adding a tenant registers it and provisions it in the background; its steps show below."""

    form = TenantForm
    list_display = ("name", "subdomain", "status", "plan_code", "created_at")
    list_filter = ("status", "plan_code")
    search_fields = ("name", "subdomain")
    inlines = (DomainInline, StepInline)
    actions = ("resume", "remove")
    add_fields = ("name", "subdomain", "plan_code", "brand_color", "owner_email", "contact_email")

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        return self.add_fields if obj is None else (*self.add_fields, "logo_file", "status", "schema_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        return () if obj is None else ("subdomain", "plan_code", "owner_email", "status", "schema_name")

    def get_inlines(self, request: HttpRequest, obj: Tenant | None) -> Any:
        return self.inlines if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            obj.save()
            if form.cleaned_data.get("logo_file"):
                logos.store(tenant=obj, png=form.cleaned_data["logo_file"])
            return
        made = provisioning.create_tenant(**{name: getattr(obj, name) for name in self.add_fields})
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()
        provisioning.start(made)

    @admin.action(description=_("Resume the set-up"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            provisioning.start(tenant)
        messages.info(request, _("The set-up goes on in the background."))

    @admin.action(description=_("Remove tenants whose set-up failed"))
    def remove(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            try:
                provisioning.remove_failed(tenant_id=tenant.pk)
            except provisioning.NotRemovable as error:
                messages.error(request, str(error))


@admin.register(Domain)
class DomainAdmin(ModelAdmin):
    list_display = ("domain", "tenant", "is_primary")
    search_fields = ("domain",)
