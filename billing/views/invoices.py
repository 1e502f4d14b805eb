"""A tenant's invoices as files."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from billing.services import invoice_pdf
from core import ratelimit, tenancy

FILES = "60/minute"  # each is a process of a tenth of a second


@require_safe
@permitted(Permission.VIEW_BILLING)
def pdf(request: HttpRequest, user: User, invoice_id: UUID) -> HttpResponse:
    """One of the tenant's own invoices or credit notes."""
    ratelimit.hit("invoice_pdf", str(user.pk), FILES)
    try:
        number, content = invoice_pdf.of_tenant(invoice_id=invoice_id, tenant_id=tenancy.tenant_id())
    except invoice_pdf.NoSuchInvoice as error:
        raise Http404 from error
    return as_file(number, content)


def as_file(number: str, content: bytes) -> HttpResponse:
    """The PDF as a download, kept by nobody on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{number}.pdf"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
