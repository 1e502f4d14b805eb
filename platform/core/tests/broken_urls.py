"""A site with pages that fail, for tests of what failures look like."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path


def break_down(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


def lose_the_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("the connection pool had none left")


def forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def suspect(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


urlpatterns = [
    path("break-down/", break_down),
    path("api/break-down", break_down),
    path("no-database/", lose_the_database),
    path("api/no-database", lose_the_database),
    path("forbid/", forbid),
    path("suspect/", suspect),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
