"""Sign in and out with a password."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.utils.translation import gettext_lazy as _


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
