"""Show again that it is you, then go on to where that was asked for."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.forms import ConfirmForm
from accounts.models import User
from accounts.services import confirming, second_factor
from accounts.views import entering
from accounts.views.guard import permitted


@require_http_methods(["GET", "HEAD", "POST"])
@permitted()
def confirm(request: HttpRequest, user: User) -> HttpResponse:
    next_path = entering.safe_path(request, request.POST.get("next") or request.GET.get("next", ""))
    form = ConfirmForm(request.POST or None, by_password=user.has_usable_password())
    if request.method == "POST" and form.is_valid():
        try:
            confirming.confirm(request, user=user, secret=form.cleaned_data["secret"])
            return redirect(next_path or "account")
        except confirming.NotConfirmed:
            form.add_error("secret", _wrong(user))
    context = {
        "form": form,
        "next": next_path,
        "has_password": user.has_usable_password(),
        "has_code": second_factor.has_code(user),
    }
    return render(request, "accounts/confirm.html", context, status=400 if form.errors else 200)


def _wrong(user: User) -> str:
    if user.has_usable_password():
        return _("The password is wrong.")
    return _("This code is wrong or was used. Wait for the next one and type that.")
