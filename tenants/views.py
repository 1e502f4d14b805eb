from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.branding import branding_css, palette
from tenants.models import Tenant


@require_safe
def branding(request: HttpRequest) -> HttpResponse:
    """The tenant's colours as custom properties, light and dark."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    color = tenant.brand_color if tenant else Tenant._meta.get_field("brand_color").default
    response = HttpResponse(branding_css(palette(color)), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    return response
