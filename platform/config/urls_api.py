"""The API host: the description of the API."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [path("api/schema", SpectacularAPIView.as_view(urlconf="interviews.urls_api"), name="api-schema")]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
