"""Find your company: from a mail address to the site where one signs in."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import ratelimit
from tenants.forms.discovery import CompanyForm, FindForm
from tenants.services import discovery

RATE = "20/minute"


@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """An address leads on to its company's site; without one that we know, the site's name does."""
    if request.method != "POST":
        return _page(request, FindForm(), None)
    ratelimit.hit("find-company", ratelimit.client_of(request), RATE)
    return _by_name(request) if "name" in request.POST else _by_email(request)


def _by_email(request: HttpRequest) -> HttpResponse:
    form = FindForm(request.POST)
    if not form.is_valid():
        return _page(request, form, None, status=400)
    try:
        return _lead_to(request, discovery.by_email(form.cleaned_data["email"]))
    except discovery.UnknownDomain:
        return _page(request, form, CompanyForm())


def _by_name(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST)
    if form.is_valid():
        try:
            return _lead_to(request, discovery.by_name(form.cleaned_data["name"]))
        except discovery.NoSuchName:
            form.add_error("name", _("A site's name has letters, digits and hyphens, such as acme."))
    return _page(request, FindForm(), form, status=400)


def _page(request: HttpRequest, form: FindForm, company: CompanyForm | None, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "company": company, "base_domain": settings.BASE_DOMAIN}
    return render(request, "public/find.html", context, status=status)


def _lead_to(request: HttpRequest, address: str) -> HttpResponse:
    """A page that goes on by itself: browsers hold a redirect after a form, and all that follow it up to the identity
    provider, against form-action."""
    return render(request, "public/found.html", {"address": address, "host": urlsplit(address).netloc})
