from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from billing import admin_invoices, admin_parties
from billing.models import Plan, QuotaPeriod, Subscription

__all__ = ["admin_invoices", "admin_parties"]


@admin.register(Plan)
class PlanAdmin(ModelAdmin):
    list_display = (
        "name",
        "code",
        "price_usd",
        "interviews_a_month",
        "turns_at_once",
        "own_keys",
        "api_calls_a_minute",
    )


@admin.register(Subscription)
class SubscriptionAdmin(ModelAdmin):
    """Another plan counts from the next period on. The set-up of a tenant makes its one subscription."""

    list_display = ("tenant", "plan", "anchor_at")
    readonly_fields = ("tenant", "anchor_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        return False


@admin.register(QuotaPeriod)
class QuotaPeriodAdmin(ModelAdmin):
    """Read-only: the counts belong to the interviews."""

    list_display = ("subscription", "period_start", "period_end", "reserved", "consumed", "included")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: QuotaPeriod | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: QuotaPeriod | None = None) -> bool:
        return False
