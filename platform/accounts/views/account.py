"""One's own account: password, second factors, sessions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors
from accounts.forms import ChangePasswordForm
from accounts.models import Totp, User
from accounts.services import guesses, passwords, recovery, second_factor, signing_in
from accounts.views import entering
from accounts.views.guard import permitted


@require_safe
@permitted()
def account(request: HttpRequest, user: User) -> HttpResponse:
    context = {
        "person": user,
        "width": "wide",
        "has_password": user.has_usable_password(),
        "app": Totp.objects.filter(user=user).exclude(confirmed_at=None).first(),
        "passkeys": list(user.passkeys.all()),
        "has_factor": second_factor.has_one(user),
        "codes_left": recovery.left(user),
        "sessions": selectors.sessions_of(user_id=user.pk, current=request.session.session_key),
    }
    return render(request, "accounts/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted()
def change_password(request: HttpRequest, user: User) -> HttpResponse:
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        guesses.spend("password", request=request, email=user.email)
        try:
            passwords.change(
                user=user,
                current=data["current"],
                password=data["password"],
                session_key=request.session.session_key,
            )
            guesses.refund("password", request=request, email=user.email)
            return _changed(request, user)
        except passwords.WrongPassword:
            form.add_error("current", _("This is not your current password."))
        except passwords.TooWeak as error:
            form.add_error("password", error.messages)
    return render(request, "accounts/change_password.html", {"form": form}, status=400 if form.errors else 200)


def _changed(request: HttpRequest, user: User) -> HttpResponse:
    entering.keep_signed_in(request, user)
    messages.success(request, _("Your password is changed, and every other session is ended."))
    return redirect("account")


@require_POST
@permitted()
def end_session(request: HttpRequest, user: User, session_id: str) -> HttpResponse:
    if signing_in.end(user_id=user.pk, session_id=session_id):
        messages.success(request, _("The session is ended."))
    return redirect("account")


@require_POST
@permitted()
def end_others(request: HttpRequest, user: User) -> HttpResponse:
    signing_in.end_all(user_id=user.pk, but=request.session.session_key)
    messages.success(request, _("Every other session is ended."))
    return redirect("account")
