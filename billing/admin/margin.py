"""What tenants pay against what they cost, and what the nightly comparison found."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.margin import pages, sheet
from billing.models import Margin, Reconciliation
from core import clock
from core.read_only import ReadOnlyAdmin


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """What last night's comparison found; `manage.py reconcile` looks anew."""

    list_display = ("__str__", "count", "looked_at")
    fields = readonly_fields = ("tenant", "looked_at", "count", "found")

    @admin.display(description=_("The first of them"))
    def found(self, row: Reconciliation) -> SafeString:
        lines = ((one["what"], one["expected"], one["found"], " ".join(one["ids"])) for one in row.differences)
        return format_html_join(SafeString("<br>"), gettext("{}: expected {}, found {} [{}]"), lines)


@admin.register(Margin)
class MarginAdmin(ReadOnlyAdmin):
    """Pages in place of rows: what tenants pay against what they cost us."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("csv/", view(self.csv_view), name="billing_margin_csv"),
            path("tenant/<uuid:tenant_id>/", view(self.tenant_view), name="billing_margin_tenant"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return self._page(request, _("Margin"), pages.of_all(clock.now(), _months(request)))

    def tenant_view(self, request: HttpRequest, tenant_id: UUID) -> HttpResponse:
        """One tenant, month by month."""
        self._require(request)
        context = pages.of_tenant(clock.now(), _months(request), tenant_id)
        if context is None:
            raise Http404
        return self._page(request, context["tenant"], context)

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """Every line, by tenant, plan or month."""
        self._require(request)
        by, months = request.GET.get("by", ""), _months(request)
        if by not in sheet.BY:
            raise Http404
        response = HttpResponse(pages.as_csv(clock.now(), months, by), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="margin-by-{by}-{months}-months.csv"'
        return response

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(self, request: HttpRequest, title: Any, context: dict[str, Any]) -> HttpResponse:
        self._require(request)
        shared = self.admin_site.each_context(request) | {"title": title, "opts": self.opts}
        return TemplateResponse(request, "admin/billing/margin.html", shared | context)


def _months(request: HttpRequest) -> int:
    asked = request.GET.get("months", "")
    return int(asked) if asked in map(str, pages.MONTHS) else pages.MONTHS[1]
