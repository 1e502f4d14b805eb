"""The page on which the platform's staff resets the second factor of a tenant's only owner."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget

from core.tenancy import UnknownTenant
from tenants.admin.reasons import ReasonField
from tenants.models import Tenant
from tenants.services import owners

REFUSED = {
    owners.NotAnOwner: _("No active owner of this tenant signs in with this address. Ask for the right one."),
    owners.AnotherOwnerCan: _(
        "There is another owner, who can reset it on the page Team. Send the person to them; where they can't get in "
        "either, docs/operations.md says what to do (Who lost the last way in)."
    ),
    UnknownTenant: _("The site of this tenant is not served, so nobody can sign in to it."),
}


class LostOwnerForm(forms.Form):
    email = forms.EmailField(
        label=_("The owner's e-mail address"),
        widget=UnfoldAdminEmailInputWidget,
        help_text=_("As the owner told you. You have made sure that it is really the owner who asks."),
    )
    reason = ReasonField(_("The tenant reads it in its audit trail: name the ticket and how you made sure."))


def answer(admin: ModelAdmin, request: HttpRequest, tenant_id: str) -> HttpResponse:
    """The form, or back to the tenant when it is done."""
    tenant = _tenant(tenant_id)
    form = LostOwnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _reset(form, tenant, request.user):
        admin.log_change(request, tenant, "the owner's second factor reset")
        messages.success(request, _("It is reset, and those who manage the tenant are told by mail."))
        return redirect("admin:tenants_tenant_change", tenant.pk)
    shared = admin.admin_site.each_context(request) | {"opts": admin.model._meta, "tenant": tenant, "form": form}
    title = _("Reset the owner's second factor")
    status = 400 if form.errors else 200
    return TemplateResponse(request, "admin/tenants/lost_owner.html", shared | {"title": title}, status=status)


def _tenant(tenant_id: str) -> Tenant:
    try:
        return Tenant.objects.get(pk=UUID(tenant_id))
    except (ValueError, Tenant.DoesNotExist) as error:
        raise Http404 from error


def _reset(form: LostOwnerForm, tenant: Tenant, by: Any) -> bool:
    try:
        owners.reset_second_factor(tenant_id=tenant.pk, by=by.pk, **form.cleaned_data)
    except tuple(REFUSED) as error:
        form.add_error(None, REFUSED[type(error)])
        return False
    return True
