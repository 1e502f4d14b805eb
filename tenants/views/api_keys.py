"""The page of API keys. A secret is the answer to the POST that made it, never on a page with an address."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from core import ratelimit
from tenants.forms.api_keys import KeyForm, RotateForm
from tenants.selectors import api_keys as lists
from tenants.services import api_keys

RATE = "30/minute"


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_API_KEYS)
def keys(request: HttpRequest, user: User) -> HttpResponse:
    """The tenant's keys, and the form that makes one."""
    if request.method != "POST":
        return _page(request, KeyForm())
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    ratelimit.hit("api-key-made", str(user.pk), RATE)
    try:
        key, text = api_keys.create(**form.asked(), by=user)
    except api_keys.CannotMake as error:
        form.add_error(None, str(error))
        return _page(request, form, status=400)
    return render(request, "tenants/api_keys/made.html", {"key": key, "text": text})


@require_POST
@permitted(Permission.MANAGE_API_KEYS)
def rotate(request: HttpRequest, user: User, key_id: UUID) -> HttpResponse:
    form = RotateForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose when the old secret ends."))
        return redirect("api_keys")
    ratelimit.hit("api-key-made", str(user.pk), RATE)
    try:
        key, text = api_keys.rotate(key_id=key_id, overlap=form.overlap, by=user)
    except api_keys.NoSuchKey as error:
        raise Http404 from error
    return render(request, "tenants/api_keys/made.html", {"key": key, "text": text})


@require_POST
@permitted(Permission.MANAGE_API_KEYS)
def revoke(request: HttpRequest, user: User, key_id: UUID) -> HttpResponse:
    try:
        api_keys.revoke(key_id=key_id, by=user)
    except api_keys.NoSuchKey as error:
        raise Http404 from error
    messages.success(request, _("The key is revoked: it opens nothing any more."))
    return redirect("api_keys")


def _page(request: HttpRequest, form: KeyForm, *, status: int = 200) -> HttpResponse:
    rows = [(row, RotateForm(auto_id=f"{row.key.prefix}-%s")) for row in lists.listed()]
    context = {"form": form, "keys": rows}
    return render(request, "tenants/api_keys/keys.html", context, status=status)
