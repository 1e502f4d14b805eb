"""A tenant's host: the recruiters' portal, the candidates' pages, the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config.urls_api import DESCRIBED
from tenants.views import branding, logo

urlpatterns = [
    path("branding.css", branding, name="branding"),
    path("branding/logo.png", logo, name="logo"),
    path("api/schema", SpectacularAPIView.as_view(urlconf=DESCRIBED), name="api-schema"),
    path("", include("tenants.urls_support")),
    path("", include("accounts.urls")),
    path("", include("tenants.urls_saml")),
    path("", include("interviews.urls_candidate")),
    path("", include("interviews.urls_api")),
    path("", include("interviews.urls_programs")),
    path("", include("llm.urls_api")),
    path("", include("tenants.urls_settings")),
    path("", include("billing.urls")),
    path("", include("billing.urls_stripe")),
    path("", include("billing.urls_invoices")),
    path("", include("compliance.urls")),
    path("", include("tenants.urls_api_keys")),
    path("", include("tenants.urls_scim")),
    path("", include("tenants.urls_sso")),
    path("", include("interviews.urls_costs")),
    path("", include("interviews.urls_portal")),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
