"""The tenant's mail domains, for who may manage signing in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from tenants.forms.sso import EmailDomainForm
from tenants.models import EmailDomain
from tenants.selectors import sso as sso_selectors
from tenants.services import email_domains


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_SIGN_IN)
def listing(request: HttpRequest, user: User) -> HttpResponse:
    """All domains, and the form that claims one more."""
    if request.method != "POST":
        return _listing(request, EmailDomainForm())
    form = EmailDomainForm(request.POST)
    if form.is_valid():
        try:
            email_domains.claim(domain=form.cleaned_data["domain"], by=user)
        except email_domains.DomainRefused as error:
            form.add_error("domain", str(error))
    return _listing(request, form, status=400) if form.errors else _see()


def _listing(request: HttpRequest, form: EmailDomainForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "domains": [_row(one) for one in sso_selectors.email_domains()]}
    return render(request, "tenants/sso/email_domains.html", context, status=status)


def _row(row: EmailDomain) -> dict[str, Any]:
    shown = email_domains.shown(row.domain)
    other = shown if shown != row.domain else ""
    return {
        "row": row,
        "in_letters": other,
        "record_name": email_domains.record_name(row.domain),
        "counts_until": row.missing_since and row.missing_since + email_domains.GRACE,
    }


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def check(request: HttpRequest, user: User, domain_id: UUID) -> HttpResponse:
    """Look for the TXT record."""
    try:
        email_domains.check(domain_id=domain_id, by=user)
        messages.success(request, _("The domain is verified: its addresses can sign in."))
    except email_domains.NotProved as error:
        messages.error(request, str(error))
    except email_domains.TakenElsewhere:
        messages.error(request, _("Another company verified this domain. Write to support if it is yours."))
    except email_domains.NoSuchDomain as error:
        raise Http404 from error
    return _see()


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def remove(request: HttpRequest, user: User, domain_id: UUID) -> HttpResponse:
    try:
        email_domains.remove(domain_id=domain_id, by=user)
    except email_domains.NoSuchDomain as error:
        raise Http404 from error
    return _see()


def _see() -> HttpResponse:
    response = redirect("email_domains")
    response.status_code = 303
    return response
