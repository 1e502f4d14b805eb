from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget

from core import audit
from tenants.admin import lost_owner
from tenants.admin.domains import DomainInline
from tenants.models import ProvisioningStep, Tenant
from tenants.selectors import figures
from tenants.services import closing, logos, provisioning, suspending


class TenantForm(forms.ModelForm):
    """A tenant, with an upload that becomes its logo."""

    logo_file = forms.FileField(label=_("Logo"), required=False, help_text=_("PNG, JPEG or WebP, at most 200 KB."))

    class Meta:
        model = Tenant
        fields = ("name", "subdomain", "plan_code", "brand_color", "owner_email", "contact_email")
        help_texts = {"owner_email": _("Is invited by mail and becomes the tenant's first user.")}

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


NOTHING = _("%(tenant)s: nothing was changed.")


class TenantActionForm(ActionForm):
    """Why a tenant is suspended or resumed; the other actions don't look at it."""

    why = forms.ChoiceField(
        label="",  # named by its first choice and aria-label: a label would stand above, in a bar of one line
        required=False,
        choices=[("", _("Reason (to suspend or resume)")), *suspending.Why.choices],
        widget=UnfoldAdminSelectWidget(
            {"aria-label": _("Why"), "class": ActionForm.base_fields["action"].widget.attrs["class"]}
        ),
    )


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
    list_display = ("name", "subdomain", "status", "plan", "interviews_used", "suspended_at", "created_at")
    list_filter = ("status", "plan_code")
    search_fields = ("name", "subdomain")
    inlines = (DomainInline, StepInline)
    action_form = TenantActionForm
    actions = ("suspend", "unsuspend", "resume", "remove", "close", "keep")
    actions_detail = ("let_owner_in",)
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
            obj.save(update_fields=[name for name in form.changed_data if name != "logo_file"])
            if form.cleaned_data.get("logo_file"):
                logos.store(tenant=obj, png=form.cleaned_data["logo_file"])
            return
        made = provisioning.create_tenant(**{name: getattr(obj, name) for name in self.add_fields})
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()
        provisioning.start(made)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Plans and their use of the tenants on this page, in one look and in no tenant's schema."""
        shown = super().get_changelist_instance(request)
        standings = figures.standings([tenant.pk for tenant in shown.result_list])
        for tenant in shown.result_list:
            tenant.standing = standings.get(tenant.pk)
        return shown

    @admin.display(description=_("Plan"))
    def plan(self, tenant: Any) -> str:
        return tenant.standing.plan if tenant.standing else tenant.plan_code

    @admin.display(description=_("Interviews this period"))
    def interviews_used(self, tenant: Any) -> str:
        return f"{tenant.standing.used} / {tenant.standing.included}" if tenant.standing else "–"

    @admin.action(description=_("Suspend"))
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        self._act(request, queryset, suspending.suspend, _("Suspended: %(name)s"))

    @admin.action(description=_("End the suspension"))
    def unsuspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        self._act(request, queryset, suspending.resume, _("Served again: %(name)s"))

    def _act(self, request: HttpRequest, queryset: QuerySet[Tenant], act: Callable[..., Tenant], done: Any) -> None:
        """One tenant after the other; each that can't says so, and the admin's own history keeps the reason."""
        why = request.POST.get("why", "")
        if why not in suspending.Why.values:
            messages.error(request, _("Choose a reason beside the action; nothing was changed."))
            return
        for tenant in queryset:
            try:
                act(tenant_id=tenant.pk, why=suspending.Why(why), by=request.user.pk)
            except suspending.NotSuspendable as error:
                messages.error(request, NOTHING % {"tenant": error})
                continue
            said = done % {"name": tenant.name}
            self.log_change(request, tenant, f"{said} ({suspending.Why(why).label})")
            messages.success(request, said)

    @admin.action(description=_("Resume the set-up"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            provisioning.start(tenant)
        messages.info(request, _("The set-up goes on in the background."))

    @admin.action(description=_("Close: everything is removed in 30 days"))
    def close(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        by = audit.Actor("platform", request.user.pk)
        for tenant in queryset:
            try:
                closing.request_closing(tenant_id=tenant.pk, by=by)
            except closing.CannotClose as error:
                messages.error(request, NOTHING % {"tenant": f"{tenant}: {error}"})
                continue
            self.log_change(request, tenant, "closing")
            messages.success(request, _("Closing: %(name)s. Until its end this can be taken back.") % {"name": tenant})

    @admin.action(description=_("Take the closing back"))
    def keep(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            try:
                closing.cancel(tenant_id=tenant.pk)
            except closing.CannotCancel:
                messages.error(request, NOTHING % {"tenant": tenant})
                continue
            self.log_change(request, tenant, "closing taken back")
            messages.success(request, _("Stays: %(name)s") % {"name": tenant})

    @admin.action(description=_("Remove tenants whose set-up failed"))
    def remove(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            try:
                provisioning.remove_failed(tenant_id=tenant.pk)
            except provisioning.NotRemovable as error:
                messages.error(request, str(error))

    @action(  # type: ignore[untyped-decorator]  # Unfold's has no types
        description=_("Reset the owner's second factor"), url_path="reset-owner", permissions=["change"]
    )
    def let_owner_in(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return lost_owner.answer(self, request, object_id)
