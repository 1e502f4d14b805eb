"""One's own second factors: set up, removed, and the codes for the day the phone is lost."""

from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import CodeForm, PasskeyNameForm
from accounts.models import Totp, User
from accounts.services import confirming, guesses, passkeys, recovery, second_factor, signing_in, totp
from accounts.services.signing_in import Method
from accounts.sessions import METHOD
from accounts.views import entering
from accounts.views.guard import permitted
from accounts.views.passkey_state import host_of, posted, question, take
from core import tenancy

APP = "waiting_app"  # the id of the authenticator app that this session sets up


def _own(view: Any) -> Any:
    """Not for a session that an identity provider vouches for: what it added would outlast the provider's word.

    Nor for one that was begun or confirmed long ago: what a stolen one added would outlast it (ASVS 5.0, 7.5.1).
    """

    @wraps(view)
    def checked(request: HttpRequest, user: User, **keywords: Any) -> HttpResponse:
        if request.session.get(METHOD) == Method.SAML:
            messages.error(request, _("You came through single sign-on. Sign in with your password to change this."))
            return redirect("account")
        if not confirming.is_fresh(request):
            return _confirm_first(request)
        response: HttpResponse = view(request, user, **keywords)
        return response

    return checked


def _confirm_first(request: HttpRequest) -> HttpResponse:
    """To the page that asks for it, and from there to a page: what was posted is posted again by its button."""
    page = request.path if request.path == reverse("account_set_up") else reverse("account")
    return redirect(f"{reverse('account_confirm')}?{urlencode({'next': page})}")


@require_http_methods(["GET", "HEAD", "POST"])
@permitted()
@_own
def set_up(request: HttpRequest, user: User) -> HttpResponse:
    """An authenticator app by its first code, or a passkey."""
    if _owes_second(request, user):
        method = Method(request.session.get(METHOD, Method.PASSWORD))
        return entering.ask_second(request, user, method=method, next_path="")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        guesses.spend("code", request=request, email=user.email)
        try:
            totp.confirm(user=user, code=form.cleaned_data["code"])
            return _added(request, user)
        except totp.WrongCode:
            form.add_error("code", _("This is not the app's code. Wait for the next one and type that."))
    return _set_up_page(request, user, form)


def _owes_second(request: HttpRequest, user: User) -> bool:
    """This session was begun with the password alone, and the person has a factor by now."""
    return second_factor.has_one(user) and not signing_in.passed_second_factor(request)


def _set_up_page(request: HttpRequest, user: User, form: CodeForm) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "passkey_form": PasskeyNameForm(initial={"name": _("My passkey")}),
        "required": user.needs_second_factor and not signing_in.passed_second_factor(request),
        "width": "middle",
    }
    try:
        app = _waiting_app(request, user)
        context["qr_image"] = totp.qr_image(app, issuer=_issuer(), account=user.email)
        context["secret"] = totp.typed_secret(app)
    except totp.AlreadySetUp:
        context["has_app"] = True
    return render(request, "accounts/set_up.html", context)


def _waiting_app(request: HttpRequest, user: User) -> Totp:
    """The app to set up, which only this session was shown."""
    shown = request.session.get(APP)
    app = totp.start(user=user, shown=UUID(shown) if shown else None)
    if str(app.pk) != shown:
        request.session[APP] = str(app.pk)
    return app


def _issuer() -> str:
    place = tenancy.in_use()
    return "Candor" if isinstance(place, tenancy.Platform) else f"Candor ({tenancy.current().name})"


def _added(request: HttpRequest, user: User) -> HttpResponse:
    """The session counts as one with a second factor, under a new key; the first factor brings recovery codes."""
    request.session.cycle_key()
    request.session[signing_in.SECOND_FACTOR] = True
    if recovery.left(user):
        messages.success(request, _("The second factor is set up."))
        return redirect("account")
    return _codes_page(request, user)


def _codes_page(request: HttpRequest, user: User) -> HttpResponse:
    """The answer to the POST itself, never a page with an address: only hashes are stored."""
    return render(request, "accounts/recovery_codes.html", {"codes": recovery.renew(user=user)})


@require_POST
@permitted()
@_own
def passkey_new(request: HttpRequest, user: User) -> HttpResponse:
    """What the browser is asked to make."""
    if _owes_second(request, user):
        return JsonResponse({}, status=403)
    options, state = passkeys.ask_new(user=user, host=host_of(request))
    return question(options, state)


@require_POST
@permitted()
@_own
def passkey_add(request: HttpRequest, user: User) -> HttpResponse:
    form, state = PasskeyNameForm(request.POST), take(request)
    if _owes_second(request, user) or not form.is_valid():
        messages.error(request, _("Give the passkey a name, then press the button again."))
        return redirect("account_set_up")
    try:
        passkeys.add(
            user=user, host=host_of(request), state=state, answer=posted(request), name=form.cleaned_data["name"]
        )
    except passkeys.PasskeyRefused:
        messages.error(request, _("The passkey could not be added. Press the button again, or try another one."))
        return redirect("account_set_up")
    return _added(request, user)


@require_POST
@permitted()
@_own
def remove_app(request: HttpRequest, user: User) -> HttpResponse:
    return _remove(request, user, None)


@require_POST
@permitted()
@_own
def remove_passkey(request: HttpRequest, user: User, passkey_id: UUID) -> HttpResponse:
    return _remove(request, user, passkey_id)


def _remove(request: HttpRequest, user: User, passkey_id: UUID | None) -> HttpResponse:
    if _owes_second(request, user):
        return redirect("account_set_up")
    try:
        second_factor.remove(user=user, passkey_id=passkey_id)
        messages.success(request, _("It is removed."))
    except second_factor.StillRequired:
        messages.error(request, _("Your role needs a second factor, and this is the only one. Add another first."))
    return redirect("account")


@require_POST
@permitted()
@_own
def new_codes(request: HttpRequest, user: User) -> HttpResponse:
    if _owes_second(request, user) or not second_factor.has_one(user):
        return redirect("account_set_up")
    return _codes_page(request, user)
