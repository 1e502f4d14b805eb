"""The set-up of single sign-on, for who may manage signing in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from core import tenancy
from tenants.forms.sso import EnforceForm, GroupRoles, OptionsForm, ProviderForm, roles_of
from tenants.models import SamlConnection
from tenants.selectors import sso as sso_selectors
from tenants.services import enforcement, fetching, sso
from tenants.services.idp_metadata import ChooseProvider, MetadataRefused
from tenants.services.saml import certificates, reports, toolkit

OWNERS_DECISION = gettext_lazy(
    "An owner signs in through this identity provider, so only an owner adds a certificate to it. Ask one of them."
)


@require_safe
@permitted(Permission.MANAGE_SIGN_IN)
def overview(request: HttpRequest, user: User) -> HttpResponse:
    return _overview(request, EnforceForm(candidates=sso_selectors.break_glass_candidates()))


def _overview(request: HttpRequest, enforce_form: EnforceForm, *, status: int = 200) -> HttpResponse:
    page = sso_selectors.page()
    certificate = certificates.one_line(page.connection.sp_certificate) if page.connection else ""
    context = {
        "page": page,
        "ours": toolkit.Endpoints(tenancy.current().address),
        "our_certificate": certificate,
        "enforce_form": enforce_form,
    }
    return render(request, "tenants/sso/overview.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_SIGN_IN)
def provider(request: HttpRequest, user: User) -> HttpResponse:
    """Give the identity provider's metadata."""
    if request.method != "POST":
        return _provider(request, ProviderForm())
    form = ProviderForm(request.POST, request.FILES)
    if not form.is_valid():
        return _provider(request, form, status=400)
    more: dict[str, Any] = {}
    try:
        _give(request, form, user)
    except ChooseProvider as error:
        more["choices"] = True
        form.offer(error.entity_ids)
        form.add_error(None, _("This describes several identity providers. Choose yours below."))
    except sso.OtherProvider as error:
        more["present"] = str(error)
        form.add_error(None, _("This is another identity provider than the present one. Say that it replaces it."))
    except sso.OwnersDecision:
        form.add_error(None, str(OWNERS_DECISION))
    except (MetadataRefused, fetching.NotFetched) as error:
        form.add_error(None, str(error))
    if form.errors:
        return _provider(request, form, status=400, **more)
    messages.success(request, _("The identity provider's metadata is stored. Make a test sign-in next."))
    return _see("sso")


def _give(request: HttpRequest, form: ProviderForm, user: User) -> SamlConnection:
    chosen = {name: form.cleaned_data[name] for name in ("entity_id", "replace")}
    given = chosen | {"by": user, "session_key": request.session.session_key}
    if form.cleaned_data["url"]:
        return sso.fetch_metadata(url=form.cleaned_data["url"].strip(), **given)
    return sso.give_metadata(raw=form.raw, **given)


def _provider(request: HttpRequest, form: ProviderForm, *, status: int = 200, **more: Any) -> HttpResponse:
    if more:
        form.keep_text()
    return render(request, "tenants/sso/provider.html", {"form": form} | more, status=status)


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def refresh(request: HttpRequest, user: User) -> HttpResponse:
    """Fetch the metadata again from the address that it came from."""
    present = sso_selectors.connection()
    if present is None or not present.metadata_url:
        raise Http404
    try:
        sso.fetch_metadata(url=present.metadata_url, entity_id=present.idp_entity_id, by=user)
        messages.success(request, _("The metadata was fetched again."))
    except sso.OwnersDecision:
        messages.error(request, str(OWNERS_DECISION))
    except (MetadataRefused, fetching.NotFetched) as error:
        messages.error(request, str(error))
    return _see("sso")


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_SIGN_IN)
def options(request: HttpRequest, user: User) -> HttpResponse:
    """What the admin chooses, and the allow list of groups."""
    present = sso_selectors.connection()
    if present is None:
        raise Http404
    if request.method != "POST":
        rows = [{"group": group, "role": role} for group, role in present.group_roles.items()]
        return _options(request, OptionsForm(initial=_chosen(present)), GroupRoles(initial=rows, prefix="groups"))
    form, rows_given = OptionsForm(request.POST), GroupRoles(request.POST, prefix="groups")
    if not (form.is_valid() and rows_given.is_valid()):
        return _options(request, form, rows_given, status=400)
    sso.change_settings(settings=sso.Settings(**form.cleaned_data, group_roles=roles_of(rows_given)), by=user)
    messages.success(request, _("Saved. Make a test sign-in to see that it still works."))
    return _see("sso")


def _chosen(connection: SamlConnection) -> dict[str, Any]:
    """What the form begins with."""
    return {name: getattr(connection, name) for name in OptionsForm.base_fields}


def _options(request: HttpRequest, form: OptionsForm, rows: Any, *, status: int = 200) -> HttpResponse:
    return render(request, "tenants/sso/options.html", {"form": form, "rows": rows}, status=status)


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def remove_certificate(request: HttpRequest, user: User) -> HttpResponse:
    try:
        fingerprint, own = request.POST.get("fingerprint", ""), request.session.session_key
        sso.remove_certificate(fingerprint=fingerprint, by=user, session_key=own)
        messages.success(
            request,
            _("The certificate is trusted no longer. Who came in through single sign-on signs in again, but for you."),
        )
    except sso.LastCertificate:
        messages.error(request, _("This is the only certificate. Give metadata with a new one first."))
    except sso.NoProvider as error:
        raise Http404 from error
    return _see("sso")


@require_safe
@permitted(Permission.MANAGE_SIGN_IN)
def certificate(request: HttpRequest, user: User) -> HttpResponse:
    """Our certificate as a file."""
    present = sso_selectors.connection()
    if present is None:
        raise Http404
    response = HttpResponse(present.sp_certificate, content_type="application/x-pem-file")
    response["Content-Disposition"] = 'attachment; filename="candor.pem"'
    return response


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def switch(request: HttpRequest, user: User) -> HttpResponse:
    """On or off."""
    try:
        if request.POST.get("to") == "on":
            sso.enable(by=user)
        else:
            sso.disable(by=user, session_key=request.session.session_key)
            messages.success(request, _("Single sign-on is off. Everybody else who came in through it is signed out."))
    except sso.NoUsableCertificate:
        messages.error(request, _("Every certificate of the identity provider is over. Give its new metadata first."))
    except sso.NoProvider as error:
        raise Http404 from error
    return _see("sso")


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def enforce(request: HttpRequest, user: User) -> HttpResponse:
    """Refuse passwords to everybody but the break-glass account, or take them again."""
    if sso_selectors.connection() is None:
        raise Http404
    if request.POST.get("to") == "off":
        enforcement.relax(by=user)
        return _see("sso")
    form = EnforceForm(request.POST, candidates=sso_selectors.break_glass_candidates())
    if form.is_valid():
        try:
            enforcement.enforce(break_glass_user_id=form.cleaned_data["break_glass"], by=user)
        except enforcement.NotReady as error:
            form.add_error(None, str(error))
    return _overview(request, form, status=400) if form.errors else _see("sso")


@require_safe
@permitted(Permission.MANAGE_SIGN_IN)
def test_report(request: HttpRequest, user: User) -> HttpResponse:
    """What the newest test sign-in found."""
    present = sso_selectors.connection()
    if present is None:
        raise Http404
    found = reports.latest(connection=present, user_id=user.pk)
    checks = found[1] if found else []
    failed = [one for one in checks if one.passed is False]
    context = {"checks": checks, "failed": failed, "passed": bool(checks) and all(one.passed for one in checks)}
    return render(request, "tenants/sso/test_report.html", context)


def _see(name: str) -> HttpResponse:
    response = redirect(name)
    response.status_code = 303
    return response
