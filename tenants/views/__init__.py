from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.branding import branding_css, palette
from tenants.models import Logo, Tenant


@require_safe
def branding(request: HttpRequest) -> HttpResponse:
    """The tenant's colours as custom properties, light and dark."""
    tenant: Tenant | None = getattr(request, "tenant", None)
    color = tenant.brand_color if tenant else Tenant._meta.get_field("brand_color").default
    response = HttpResponse(branding_css(palette(color)), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    """The tenant's logo as PNG."""
    found = Logo.objects.filter(tenant=request.tenant).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    response = HttpResponse(bytes(found.png), content_type="image/png")
    response["Cache-Control"] = "public, max-age=300"
    return response
