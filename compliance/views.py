"""The auditor's pages: each view makes one service call."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from compliance.forms import TrailForm
from compliance.services import trail as trails


@require_safe
@permitted(Permission.VIEW_AUDIT)
def trail(request: HttpRequest, user: User) -> HttpResponse:
    """Who did what when, and to which row; filters travel in the address."""
    form = TrailForm(request.GET)
    if not form.is_valid():
        return render(request, "compliance/audit.html", {"form": form, "events": []}, status=400)
    shown = trails.read(by=user, wanted=form.wanted())
    chosen = {name: request.GET[name] for name in form.fields if name != "before" and request.GET.get(name)}
    older = urlencode(chosen | {"before": shown["next"]}) if shown["next"] else ""
    more = {"form": form, "older": older, "newest": urlencode(chosen), "filtered": bool(chosen)}
    return render(request, "compliance/audit.html", shown | more)
