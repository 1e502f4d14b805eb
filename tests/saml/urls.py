"""The tenant's addresses, with a stand-in for the page that shows a test's report."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls_tenant import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401


def report(request: HttpRequest) -> HttpResponse:
    return HttpResponse("report")


urlpatterns = [*urlpatterns, path("test-report/", report, name="sso_test_report")]
