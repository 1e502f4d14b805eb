"""The tenant's colour, logo and address for candidates."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from core import tenancy
from tenants.models import check_color
from tenants.services import appearance, logos


class BrandingForm(forms.Form):
    brand_color = forms.CharField(label=gettext_lazy("Colour"), max_length=7, validators=[check_color])
    contact_email = forms.EmailField(
        label=gettext_lazy("Where candidates reach a person"), max_length=254, required=False
    )
    logo_file = forms.FileField(
        label=gettext_lazy("Logo"), required=False, help_text=gettext_lazy("PNG, JPEG or WebP, at most 200 KB.")
    )

    def clean_logo_file(self) -> bytes | None:
        upload = self.cleaned_data["logo_file"]
        try:
            return logos.redraw(upload.read()) if upload else None
        except logos.BadLogo as error:
            raise ValidationError(str(error)) from error


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_SETTINGS)
def change(request: HttpRequest, user: User) -> HttpResponse:
    tenant = tenancy.current()
    if request.method != "POST":
        initial = {"brand_color": tenant.brand_color, "contact_email": tenant.contact_email}
        return _page(request, BrandingForm(initial=initial))
    form = BrandingForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=400)
    appearance.change(
        brand_color=form.cleaned_data["brand_color"],
        contact_email=form.cleaned_data["contact_email"],
        logo_png=form.cleaned_data["logo_file"],
    )
    messages.success(request, _("Saved. Candidates see it within five minutes."))
    response = redirect("settings_branding")
    response.status_code = 303
    return response


def _page(request: HttpRequest, form: BrandingForm, *, status: int = 200) -> HttpResponse:
    return render(request, "tenants/settings/branding.html", {"form": form}, status=status)
