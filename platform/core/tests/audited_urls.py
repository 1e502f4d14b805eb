"""A page that writes one audit event, for tests of who its actor is."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from core import audit


def page(request: HttpRequest) -> HttpResponse:
    audit.record("page.read")
    return HttpResponse("ok")


urlpatterns = [path("", page)]
