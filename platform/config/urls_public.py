"""The platform's own site."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import TemplateView

from core import views
from tenants.views import branding

urlpatterns: list[URLPattern | URLResolver] = [
    path("", TemplateView.as_view(template_name="public/home.html"), name="home"),
    path("branding.css", branding, name="branding"),
    path("", include("tenants.urls_signup")),
    path("", include("tenants.urls_discovery")),
    path("", include("billing.urls_webhook")),
]
if settings.MODE != "production":
    urlpatterns += [
        path("mailbox/", views.mailbox_list, name="mailbox"),
        path("mailbox/<str:name>/", views.mailbox_message, name="mailbox-message"),
    ]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
