"""The platform's admin, on its own host with its own policy."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("", include("llm.urls_api")), path("", admin.site.urls)]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
