"""The platform's admin, on its own host with its own policy."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views.sign_in import SignIn

urlpatterns = [
    path("login/", SignIn.as_view(), name="portal_login"),  # instead of Django admin's: a second factor follows
    path(
        "password_change/", RedirectView.as_view(pattern_name="account_password"), name="staff_password"
    ),  # sessions end, a mail is sent
    path("", include("accounts.urls_entry")),
    path("", include("llm.urls_api")),
    path("", admin.site.urls),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
