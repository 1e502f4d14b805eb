"""Subscriptions in the platform's admin: to be read, and changed by acts that say why."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from billing.admin import acts
from billing.models import Subscription
from billing.selectors import staff
from core.read_only import ReadOnlyAdmin
from tenants.selectors import figures


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """The set-up of a tenant makes its one subscription; what staff may do with it stands below it."""

    list_display = ("tenant", "plan", "status", "used", "collection", "next_plan", "cancels_at", "grace_ends_at")
    list_filter = ("status", "collection", "plan")
    list_select_related = ("tenant", "plan", "next_plan")
    search_fields = ("tenant__name", "tenant__subdomain", "stripe_customer")
    fields = (
        *("tenant", "plan", "status", "next_plan", "overage_limit", "collection"),
        *("anchor_at", "zone", "trial_ends_at", "past_due_since", "grace_ends_at", "cancels_at"),
        *("stopped_by_staff_at", "stripe_customer", "stripe_subscription"),
    )
    change_form_before_template = "admin/billing/_acts.html"
    change_form_after_template = "admin/billing/_detail.html"

    @admin.display(description=_("Used in this period"))
    def used(self, row: Any) -> str:
        return f"{row.standing.used} / {row.standing.included}" if row.standing else "–"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The use of those on this page, in one look."""
        shown = super().get_changelist_instance(request)
        found = figures.standings([row.tenant_id for row in shown.result_list])
        for row in shown.result_list:
            row.standing = found.get(row.tenant_id)
        return shown

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        return [
            path("<uuid:subscription_id>/do/<slug:act>/", view, name="billing_subscription_act"),
            *super().get_urls(),
        ]

    def act_view(self, request: HttpRequest, subscription_id: UUID, act: str) -> HttpResponse:
        return acts.answer(self, request, subscription_id, act)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = self.get_object(request, object_id)
        more = (
            {"detail": staff.detail(found), "acts": acts.offered(found) if acts.may_act(request) else []}
            if found
            else {}
        )
        return super().change_view(request, object_id, form_url, (extra_context or {}) | more)
