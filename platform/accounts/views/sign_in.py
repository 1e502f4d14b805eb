"""Sign in with a password, then a second factor where there is one; or with a passkey alone."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import CodeForm, SignInForm
from accounts.models import User
from accounts.services import guesses, passkeys, second_factor, signing_in
from accounts.services.signing_in import LocalSignInRefused, Method
from accounts.views import entering
from accounts.views.passkey_state import host_of, posted, question, take
from core import ratelimit

RATE = "30/minute"


class SignIn(LoginView):
    authentication_form = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        try:
            method = signing_in.local_method(user, Method.PASSWORD)
        except LocalSignInRefused:  # said as for a wrong password: it must not confirm one
            form.add_error(None, form.get_invalid_login_error())
            return self.form_invalid(form)
        return entering.go_on(self.request, user, method=method, next_path=self.get_redirect_url())


@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """The code of an app, or a recovery code; a passkey has its own address."""
    waiting = entering.pending(request)
    if waiting is None:
        return redirect("portal_login")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        guesses.spend("code", request=request, email=waiting.user.email)
        if second_factor.accept(user=waiting.user, code=form.cleaned_data["code"]):
            guesses.refund("code", request=request, email=waiting.user.email)
            return _entered(request, waiting)
        form.add_error("code", _("This code is wrong or was used. Wait for the next one and type that."))
    return _step_page(request, waiting, form)


def _entered(request: HttpRequest, waiting: entering.Pending) -> HttpResponse:
    """In, unless single sign-on became the only way since the password was typed."""
    try:
        method = signing_in.local_method(waiting.user, waiting.method)
    except LocalSignInRefused:
        request.session.flush()
        messages.error(request, _("Single sign-on is the only way in now. Sign in with that."))
        return redirect("portal_login")
    return entering.enter(request, waiting.user, method=method, next_path=waiting.next_path, shown=True)


def _step_page(request: HttpRequest, waiting: entering.Pending, form: CodeForm) -> HttpResponse:
    context = {"form": form, "has_passkey": second_factor.has_passkey(waiting.user), "waiting": waiting.user}
    return render(request, "accounts/second_factor.html", context)


@require_POST
def passkey_question(request: HttpRequest) -> HttpResponse:
    """What the browser asks a passkey for: the awaited person's, or whoever's it is."""
    ratelimit.hit("passkey", ratelimit.client_of(request), RATE)
    waiting = entering.pending(request)
    options, state = passkeys.ask(host=host_of(request), user=waiting.user if waiting else None)
    return question(options, state)


@require_POST
def passkey_answer(request: HttpRequest) -> HttpResponse:
    ratelimit.hit("passkey", ratelimit.client_of(request), RATE)
    waiting = entering.pending(request)
    try:
        user = passkeys.accept(
            host=host_of(request), state=take(request), answer=posted(request), user=waiting.user if waiting else None
        )
        if waiting is not None:
            return _entered(request, waiting)
        method = signing_in.local_method(user, Method.PASSKEY)
    except (passkeys.PasskeyRefused, LocalSignInRefused):
        page = reverse("portal_login" if waiting is None else "account_second_factor")
        return redirect(f"{page}?passkey=refused")
    return entering.enter(
        request, user, method=method, next_path=entering.safe_path(request, request.POST.get("next", "")), shown=True
    )
