"""Sign in and out with a password."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core import ratelimit


class SignInForm(AuthenticationForm):
    """E-mail and password; the error never says which of the two was wrong."""

    error_messages = {
        "invalid_login": _("The e-mail address or the password is wrong. Check both and try again."),
        "inactive": _("The e-mail address or the password is wrong. Check both and try again."),
    }


class SignIn(LoginView):
    authentication_form = SignInForm
    template_name = "interviews/portal/login.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            try:
                ratelimit.hit("sign-in", request.META.get("REMOTE_ADDR", ""), "30/minute")
            except ratelimit.TooMany as error:
                return _too_many(request, error)
        return super().dispatch(request, *args, **kwargs)


def _too_many(request: HttpRequest, error: ratelimit.TooMany) -> HttpResponse:
    response = render(request, "429.html", {"retry_after_seconds": error.retry_after}, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response
