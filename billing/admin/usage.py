"""What was used and given, to be read: the counts belong to the interviews, and records never change."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.models import CreditGrant, QuotaPeriod, UsageRecord
from core.read_only import ReadOnlyAdmin


@admin.register(QuotaPeriod)
class QuotaPeriodAdmin(ReadOnlyAdmin):
    """Periods of all tenants, newest first."""

    list_display = ("tenant", "period_start", "period_end", "plan", "used", "included", "credited", "overage_allowed")
    list_filter = ("is_trial", "plan")
    list_select_related = ("subscription__tenant", "plan")
    search_fields = ("subscription__tenant__name", "subscription__tenant__subdomain")
    date_hierarchy = "period_start"

    @admin.display(description=_("Tenant"))
    def tenant(self, period: QuotaPeriod) -> str:
        return period.subscription.tenant.name

    @admin.display(description=_("Used"))
    def used(self, period: QuotaPeriod) -> int:
        return period.reserved + period.consumed


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin):
    """What was used, record by record; an interview is named by its id alone."""

    list_display = ("occurred_at", "tenant", "kind", "quantity", "interview_id")
    list_filter = ("kind",)
    list_select_related = ("subscription__tenant",)
    search_fields = ("subscription__tenant__name", "subscription__tenant__subdomain", "=interview_id")
    show_full_result_count = False

    @admin.display(description=_("Tenant"))
    def tenant(self, row: UsageRecord) -> str:
        return row.subscription.tenant.name


@admin.register(CreditGrant)
class CreditGrantAdmin(ReadOnlyAdmin):
    """Interviews that the staff gave, and why. They are given on the page of a subscription."""

    list_display = ("granted_at", "tenant", "interviews", "reason")
    list_select_related = ("period__subscription__tenant",)
    search_fields = ("period__subscription__tenant__name", "reason")

    @admin.display(description=_("Tenant"))
    def tenant(self, row: CreditGrant) -> str:
        return row.period.subscription.tenant.name
