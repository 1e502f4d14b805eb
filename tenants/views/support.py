"""Support access on a tenant's host: the way in, the way out, and what the tenant sees and decides."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from core import audit, ratelimit
from tenants.models import SupportGrant
from tenants.selectors import support as shown
from tenants.services import support, support_sessions

RATE = "20/minute"


class ApprovalForm(forms.Form):
    needs_approval = forms.BooleanField(
        label=gettext_lazy("Ask us before support looks"),
        required=False,
        help_text=gettext_lazy("Changing anything always needs your approval."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time link: a look asks, only a POST uses it up (previews and scanners open links too)."""
    ratelimit.hit("support-link", ratelimit.client_of(request), RATE)
    try:
        if request.method != "POST":
            return render(request, "tenants/support/enter.html", {"grant": support.look_at(token=token)})
        grant = support.enter(token=token)
    except support.LinkNotValid:
        return render(request, "tenants/support/link_over.html", status=404)
    support_sessions.begin(request, grant)
    return _see("portal_home")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the session of support, and its grant."""
    grant: SupportGrant | None = getattr(request, "support_grant", None)
    if grant is None:
        raise Http404
    support.end(grant_id=grant.pk, by=audit.actor.get())
    request.session.flush()
    return render(request, "tenants/support/left.html")


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.ALLOW_SUPPORT)
def settings(request: HttpRequest, user: User) -> HttpResponse:
    """Every grant, and whether looking needs an approval."""
    if request.method == "POST":
        form = ApprovalForm(request.POST)
        form.is_valid()
        support.choose_approval(needed=form.cleaned_data["needs_approval"], by=user)
        messages.success(request, _("Saved."))
        return _see("support_settings")
    form = ApprovalForm(initial={"needs_approval": request.tenant.support_needs_approval})  # type: ignore[attr-defined]
    return render(
        request, "tenants/support/settings.html", {"page": shown.grants(request.GET.get("page")), "form": form}
    )


@require_safe
@permitted(Permission.ALLOW_SUPPORT)
def grant(request: HttpRequest, user: User, grant_id: UUID) -> HttpResponse:
    """One grant, and what was opened under it."""
    try:
        return render(request, "tenants/support/grant.html", {"grant": shown.grant(grant_id)})
    except SupportGrant.DoesNotExist as error:
        raise Http404 from error


@require_POST
@permitted(Permission.ALLOW_SUPPORT)
def approve(request: HttpRequest, user: User, grant_id: UUID) -> HttpResponse:
    return _decide(request, support.approve, _("Approved. It ends by itself."), grant_id=grant_id, by=user)


@require_POST
@permitted(Permission.ALLOW_SUPPORT)
def refuse(request: HttpRequest, user: User, grant_id: UUID) -> HttpResponse:
    return _decide(request, support.refuse, _("Refused."), grant_id=grant_id, by=user)


@require_POST
@permitted(Permission.ALLOW_SUPPORT)
def revoke(request: HttpRequest, user: User, grant_id: UUID) -> HttpResponse:
    return _decide(request, support.revoke, _("Ended. Whoever was in is out."), grant_id=grant_id, by=user)


def _decide(request: HttpRequest, act: Callable[..., None], done: str, **keywords: Any) -> HttpResponse:
    try:
        act(**keywords)
        messages.success(request, done)
    except SupportGrant.DoesNotExist as error:
        raise Http404 from error
    except support.GrantClosed:
        messages.error(request, _("This access is over, or somebody decided already."))
    return _see("support_settings")


def _see(name: str) -> HttpResponse:
    response = redirect(name)
    response.status_code = 303
    return response
