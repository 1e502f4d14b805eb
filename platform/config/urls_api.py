"""The API host: the description of the API, and what is answered for the platform as a whole."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

DESCRIBED = ["interviews.urls_api", "interviews.urls_programs", "llm.urls_api"]

urlpatterns = [
    path("api/schema", SpectacularAPIView.as_view(urlconf=DESCRIBED), name="api-schema"),
    path("", include("interviews.urls_programs")),
    path("", include("llm.urls_api")),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
