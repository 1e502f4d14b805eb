"""A tenant's own hosts."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from core import ratelimit, tenancy
from tenants.models import CustomDomain
from tenants.services import custom_domains, dns, provisioning

CHECKS = "20/hour"


class DomainForm(forms.Form):
    host = forms.CharField(
        label=gettext_lazy("Host"), max_length=253, help_text=gettext_lazy("Such as interviews.example.com.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_SETTINGS)
def listing(request: HttpRequest, user: User) -> HttpResponse:
    if request.method != "POST":
        return _page(request, DomainForm())
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            custom_domains.claim(host=form.cleaned_data["host"])
            return _back()
        except ValidationError as error:
            form.add_error("host", error)
    return _page(request, form, status=400)


def _page(request: HttpRequest, form: DomainForm, *, status: int = 200) -> HttpResponse:
    tenant = tenancy.current()
    rows = [
        {"row": row, "record": custom_domains.record_name(row), "primary": row.host == tenant.primary_host}
        for row in custom_domains.listing()
    ]
    context = {
        "form": form,
        "rows": rows,
        "platform_host": provisioning.host_of(tenant.subdomain),
        "platform_is_primary": not tenant.primary_host,
        "saml": custom_domains.signs_in_by_saml(),
    }
    return render(request, "tenants/settings/domains.html", context, status=status)


@require_POST
@permitted(Permission.MANAGE_SETTINGS)
def check(request: HttpRequest, user: User, domain_id: UUID) -> HttpResponse:
    ratelimit.hit("domain-check", str(tenancy.current().pk), CHECKS)
    try:
        row = custom_domains.check(domain_id=domain_id)
    except CustomDomain.DoesNotExist as error:
        raise Http404 from error
    except custom_domains.NotProven:
        messages.warning(request, _("The TXT record is not there yet. A change in DNS can take some hours to show."))
    except dns.NoAnswer:
        messages.error(request, _("The name servers did not answer. Try again in a few minutes."))
    except custom_domains.TakenByAnother:
        messages.error(request, _("Another company proved this host before you. Write to us if it is yours."))
    else:
        messages.success(request, _("%(host)s is yours, and your site answers there.") % {"host": row.host})
    return _back()


@require_POST
@permitted(Permission.MANAGE_SETTINGS)
def primary(request: HttpRequest, user: User, domain_id: UUID) -> HttpResponse:
    try:
        custom_domains.make_primary(domain_id=domain_id)
    except CustomDomain.DoesNotExist as error:
        raise Http404 from error
    return _now_primary(request)


@require_POST
@permitted(Permission.MANAGE_SETTINGS)
def platform_primary(request: HttpRequest, user: User) -> HttpResponse:
    custom_domains.make_primary(domain_id=None)
    return _now_primary(request)


def _now_primary(request: HttpRequest) -> HttpResponse:
    messages.success(request, _("New links and mails name this address from now on. Older links go on working."))
    if custom_domains.signs_in_by_saml():
        messages.warning(request, _("Single sign-on: give your identity provider the new addresses, then test it."))
    return _back()


@require_POST
@permitted(Permission.MANAGE_SETTINGS)
def remove(request: HttpRequest, user: User, domain_id: UUID) -> HttpResponse:
    try:
        custom_domains.remove(domain_id=domain_id)
    except CustomDomain.DoesNotExist as error:
        raise Http404 from error
    except custom_domains.InUse:
        messages.error(request, _("Links and mails name this address. Make another one the main address first."))
    return _back()


def _back() -> HttpResponse:
    response = redirect("settings_domains")
    response.status_code = 303
    return response
