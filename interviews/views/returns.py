"""The portal's page of the return on investment."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.roles import Permission
from interviews.forms import AssumptionsForm
from interviews.services import returns
from interviews.views.staff import staff


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def show(request: HttpRequest, user: User) -> HttpResponse:
    if request.method != "POST":
        return _page(request, user)
    user.require(Permission.MANAGE_BILLING)
    form = AssumptionsForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form, status=400)
    returns.assume(by=user, **form.cleaned_data)
    messages.success(request, _("Saved. The figures below now use these values."))
    response = redirect("portal_return")
    response.status_code = 303
    return response


def _page(request: HttpRequest, user: User, form: AssumptionsForm | None = None, *, status: int = 200) -> HttpResponse:
    shown = returns.read(by=user)
    if user.may(Permission.MANAGE_BILLING):
        shown["form"] = form or AssumptionsForm.of(shown["said"])
    return render(request, "interviews/portal/return.html", shown, status=status)
