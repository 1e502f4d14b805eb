"""The end of an account: taking the data along, the wish to close, and taking it back."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from accounts.services import confirming
from accounts.views.guard import permitted
from core import audit, ratelimit, tenancy
from tenants.services import closing, exporting

EXPORTS = "6/hour"


class CloseForm(forms.Form):
    subdomain = forms.CharField(label=gettext_lazy("Type the subdomain"), max_length=40)
    password = forms.CharField(label=gettext_lazy("Your password"), required=False, widget=forms.PasswordInput)

    def clean_subdomain(self) -> str:
        given = str(self.cleaned_data["subdomain"]).strip()
        if given != tenancy.current().subdomain:
            raise ValidationError(_("This is not the subdomain of this account."))
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.CLOSE_TENANT)
def close(request: HttpRequest, user: User) -> HttpResponse:
    if request.method != "POST":
        return _page(request, user, CloseForm())
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form, status=400)
    try:
        confirming.require(request, user=user, password=form.cleaned_data["password"])
        closing.request_closing(tenant_id=tenancy.tenant_id(), by=audit.Actor("user", user.pk))
    except confirming.NotConfirmed:
        if user.has_usable_password():  # without one the page says what to do
            form.add_error("password", _("The password is wrong."))
        return _page(request, user, form, status=400)
    except closing.CannotClose:
        messages.info(request, _("The account is closing already."))
    return _back()


def _page(request: HttpRequest, user: User, form: CloseForm, *, status: int = 200) -> HttpResponse:
    tenant = tenancy.current()
    context = {
        "form": form,
        "tenant": tenant,
        "closing": closing.current(tenant.pk),
        "days": closing.GRACE.days,
        "export": exporting.newest(by=user, session_key=request.session.session_key or ""),
        "has_password": user.has_usable_password(),
        "is_fresh": confirming.is_fresh(request),
    }
    return render(request, "tenants/settings/close.html", context, status=status)


@require_POST
@permitted(Permission.CLOSE_TENANT)
def cancel(request: HttpRequest, user: User) -> HttpResponse:
    try:
        closing.cancel(tenant_id=tenancy.tenant_id())
        messages.success(request, _("The account stays open. Nothing was removed."))
    except closing.CannotCancel:
        messages.info(request, _("The account is not closing."))
    return _back()


@require_POST
@permitted(Permission.CLOSE_TENANT)
def export(request: HttpRequest, user: User) -> HttpResponse:
    ratelimit.hit("export", str(user.pk), EXPORTS)
    exporting.ask(by=user, session_key=request.session.session_key or "")
    return _back()


@require_POST
@permitted(Permission.CLOSE_TENANT)
def download(request: HttpRequest, user: User, export_id: UUID) -> HttpResponse:
    """The archive, once."""
    try:
        pieces = exporting.take(export_id=export_id, by=user, session_key=request.session.session_key or "")
    except exporting.NothingToTake as error:
        raise Http404 from error
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{tenancy.current().subdomain}.zip"'
    return response  # type: ignore[return-value]


def _back() -> HttpResponse:
    response = redirect("settings_close")
    response.status_code = 303
    return response
