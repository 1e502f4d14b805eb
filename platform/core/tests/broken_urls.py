"""A site with pages that fail, for tests of what failures look like."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import path


def break_down(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


def forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspect(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


urlpatterns = [
    path("break-down/", break_down),
    path("api/break-down", break_down),
    path("forbid/", forbid),
    path("suspect/", suspect),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
