"""What an interview costs in servers, the receipt of any interview, and who sees receipts."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.models import InfrastructureShare, InterviewReceipt, ReceiptPolicy
from billing.selectors import receipts as shown_receipts
from billing.services import receipts
from core.read_only import ReadOnlyAdmin
from llm import receipts as ledger


class ReceiptForm(forms.Form):
    interview = forms.UUIDField(label=_("An interview's id"), widget=UnfoldAdminTextInputWidget)


@admin.register(InfrastructureShare)
class InfrastructureShareAdmin(ModelAdmin):
    """What one interview costs in servers, by day."""

    list_display = ("from_date", "usd_an_interview", "note", "in_force")
    fields = ("from_date", "usd_an_interview", "note")
    actions = None
    list_before_template = "admin/billing/_share_links.html"

    @admin.display(description=_("Counts"), boolean=True)
    def in_force(self, row: InfrastructureShare) -> bool:
        return row.counts

    def has_change_permission(self, request: HttpRequest, obj: InfrastructureShare | None = None) -> bool:
        return (obj is None or not obj.counts) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: InfrastructureShare | None = None) -> bool:
        return (obj is None or not obj.counts) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: InfrastructureShare, form: Any, change: bool) -> None:
        receipts.set_share(obj)

    def delete_model(self, request: HttpRequest, obj: InfrastructureShare) -> None:
        receipts.remove_share(obj)


@admin.register(InterviewReceipt)
class InterviewReceiptAdmin(ReadOnlyAdmin):
    """The receipt of the interview with this id, of whichever tenant; there is no list of them."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ReceiptForm(request.GET or None)
        found = _receipt(form.cleaned_data["interview"]) if form.is_valid() else {}
        shared = self.admin_site.each_context(request) | {"title": _("Receipt of an interview"), "opts": self.opts}
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/billing/receipt.html", shared | {"form": form} | found, status=status)


def _receipt(interview_id: UUID) -> dict[str, Any]:
    infrastructure = shown_receipts.infrastructure_usd([interview_id])
    found = ledger.of([interview_id])[interview_id]
    share = infrastructure.get(interview_id)
    return {
        "interview_id": interview_id,
        "receipt": found,
        "began": interview_id in infrastructure,
        "infrastructure_usd": share,
        "total_usd": found.cost_usd + (share or 0),
    }


@admin.register(ReceiptPolicy)
class ReceiptPolicyAdmin(ModelAdmin):
    """A tenant without a row sees its receipts."""

    list_display = ("tenant", "is_shown")
    autocomplete_fields = ("tenant",)
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: ReceiptPolicy | None = None) -> Any:
        return () if obj is None else ("tenant",)

    def has_delete_permission(self, request: HttpRequest, obj: ReceiptPolicy | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ReceiptPolicy, form: Any, change: bool) -> None:
        receipts.show(tenant_id=obj.tenant_id, shown=obj.is_shown)
