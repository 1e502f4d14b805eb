"""Support access in the platform's admin: asking for it, the one-time link, ending it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.models import User
from core import audit
from tenants.admin.reasons import ReasonField
from tenants.models import SupportGrant, Tenant
from tenants.services import support

MINUTES = [(15, _("15 minutes")), (30, _("30 minutes")), (60, _("1 hour")), (120, _("2 hours")), (240, _("4 hours"))]


class GrantForm(forms.ModelForm):
    reason = ReasonField(_("The tenant reads it: name the ticket and what you look for, and no candidate."))
    minutes = forms.TypedChoiceField(
        label=_("Time"), choices=MINUTES, coerce=int, initial=60, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = SupportGrant
        fields = ("tenant", "scope", "minutes", "reason")

    def clean_tenant(self) -> Tenant:
        tenant: Tenant = self.cleaned_data["tenant"]
        if tenant.status != Tenant.Status.READY:
            raise forms.ValidationError(_("Only a tenant that is ready has a site to look at."))
        return tenant


@admin.register(SupportGrant)
class SupportGrantAdmin(ModelAdmin):
    """Adding one asks for access; a grant is never changed, only used and ended."""

    form = GrantForm
    list_display = ("staff_email", "tenant", "scope", "status", "requested_at", "ends_at", "entered_at", "way_in")
    list_filter = ("status", "scope")
    search_fields = ("staff_email", "tenant__name", "reason")
    list_select_related = ("tenant",)
    autocomplete_fields = ("tenant",)
    shown = ("staff_email", "tenant", "scope", "minutes", "reason", "status", "requested_at", "starts_at", "ends_at")

    def get_fields(self, request: HttpRequest, obj: SupportGrant | None = None) -> Any:
        return GrantForm.Meta.fields if obj is None else (*self.shown, "closed_at", "entered_at", "way_in")

    def get_readonly_fields(self, request: HttpRequest, obj: SupportGrant | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: SupportGrant | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SupportGrant | None = None) -> bool:
        return False

    @admin.display(description=_("Way in"))
    def way_in(self, grant: SupportGrant) -> str | SafeString:
        if grant.status != SupportGrant.Status.OPEN:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:tenants_supportgrant_enter", args=[grant.pk]), _("Enter or end")
        )

    def save_model(self, request: HttpRequest, obj: SupportGrant, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        asked = {name: form.cleaned_data[name] for name in ("reason", "scope", "minutes")}
        made = support.request(tenant_id=obj.tenant_id, by=request.user, **asked)
        obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: SupportGrant, post_url_continue: str | None = None) -> Any:
        if obj.status == SupportGrant.Status.OPEN:
            return redirect("admin:tenants_supportgrant_enter", obj.pk)
        messages.info(
            request, _("The tenant's owners and admins were asked by mail; it opens when one of them agrees.")
        )
        return redirect("admin:tenants_supportgrant_changelist")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.enter_view)
        return [path("<uuid:grant_id>/enter/", view, name="tenants_supportgrant_enter"), *super().get_urls()]

    def enter_view(self, request: HttpRequest, grant_id: UUID) -> HttpResponse:
        """A page with two buttons: a new one-time link, and the end of the grant."""
        assert isinstance(request.user, User)
        grant = SupportGrant.objects.select_related("tenant").filter(pk=grant_id, staff_id=request.user.pk).first()
        if grant is None:
            raise Http404
        link = ""
        if request.method == "POST" and "end" in request.POST:
            support.end(grant_id=grant.pk, by=audit.Actor("platform", request.user.pk))
            messages.success(request, _("It is ended: whoever was in is out."))
            return redirect("admin:tenants_supportgrant_changelist")
        if request.method == "POST":
            try:
                link = support.make_link(grant_id=grant.pk, by=request.user)
            except support.GrantClosed:
                messages.error(request, _("This access is over. Ask for it again."))
                return redirect("admin:tenants_supportgrant_changelist")
        shared = self.admin_site.each_context(request) | {"title": _("Support access"), "opts": self.model._meta}
        return TemplateResponse(request, "admin/tenants/enter.html", shared | {"grant": grant, "link": link})
