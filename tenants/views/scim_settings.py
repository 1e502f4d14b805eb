"""The page that sets up SCIM. The token is the answer to the POST that made it, and never shown again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from core import ratelimit
from tenants.forms.scim import GroupRolesForm, TokenForm
from tenants.selectors import scim as found
from tenants.services.scim import connection

RATE = "30/minute"


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_SIGN_IN)
def page(request: HttpRequest, user: User) -> HttpResponse:
    """What stands, and the list of roles."""
    if request.method != "POST":
        return _page(request, GroupRolesForm(initial={"group_roles": found.role_lines()}))
    form = GroupRolesForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        connection.give_roles(group_roles=form.cleaned_data["group_roles"], by=user)
    except connection.CannotSetUp as error:
        form.add_error(None, str(error))
        return _page(request, form, status=400)
    messages.success(request, _("The roles of groups are saved; they count at once."))
    return redirect("scim_settings")


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def token(request: HttpRequest, user: User) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose when the old token ends."))
        return redirect("scim_settings")
    ratelimit.hit("scim-token-made", str(user.pk), RATE)
    text = connection.new_token(by=user, overlap=form.overlap)
    context = {"text": text, "address": request.build_absolute_uri("/scim/v2")}
    return render(request, "tenants/scim/made.html", context)


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def end(request: HttpRequest, user: User) -> HttpResponse:
    connection.end(by=user)
    messages.success(request, _("The token is ended: your directory can't write here any more."))
    return redirect("scim_settings")


def _page(request: HttpRequest, form: GroupRolesForm, *, status: int = 200) -> HttpResponse:
    address = request.build_absolute_uri("/scim/v2")
    context = {"form": form, "token_form": TokenForm(), "address": address, "connection": found.connection()}
    return render(request, "tenants/scim/settings.html", context, status=status)
