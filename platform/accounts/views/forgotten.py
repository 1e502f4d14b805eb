"""A forgotten password: everybody is told the same, and only the mailbox's owner gets a link."""

import time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import ForgotForm, NewPasswordForm
from accounts.services import guesses, passwords
from accounts.views import links
from core import pool, ratelimit
from core.ratelimit import TooMany

RATE, RATE_OF_ADDRESS = "60/hour", "5/hour"
ANSWERED_AFTER = 0.2  # seconds: to owe a mail takes ten times as long as to find nobody, and would tell who is here


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    form = ForgotForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/forgot.html", {"form": form}, status=400 if form.errors else 200)
    ratelimit.hit("forgot", ratelimit.client_of(request), RATE)
    email, asked_at = form.cleaned_data["email"], time.monotonic()
    try:
        ratelimit.hit("forgot-address", email.lower(), RATE_OF_ADDRESS)
        passwords.ask_reset(email=email)
    except TooMany:
        pass  # whoever asks too often for one address is told what everybody is told
    pool.give_back()
    time.sleep(max(0.0, asked_at + ANSWERED_AFTER - time.monotonic()))
    return render(request, "accounts/forgot.html", {"sent_to": email})


@require_safe
def open_link(request: HttpRequest, user_id: str, token: str) -> HttpResponse:
    return links.move_to_cookie(request, f"{user_id}/{token}", to="account_reset")


@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest) -> HttpResponse:
    user_id, _slash, token = links.held(request, to="account_reset").partition("/")
    try:
        passwords.person_of(user_id=user_id, token=token)
        form = NewPasswordForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            user = passwords.reset(user_id=user_id, token=token, password=form.cleaned_data["password"])
            messages.success(request, _("Your new password is set. Sign in with it."))
            response = links.forget(redirect("portal_login"))
            guesses.remember(request, response, user)
            return response
    except passwords.TooWeak as error:
        form.add_error("password", error.messages)
    except passwords.ResetGone:
        return render(request, "accounts/link_gone.html", {"kind": "reset"}, status=404)
    return render(request, "accounts/reset.html", {"form": form}, status=400 if form.errors else 200)
