from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from tenants.models import EmailDomain
from tenants.services import email_domains


@admin.register(EmailDomain)
class EmailDomainAdmin(ModelAdmin):
    """Mail domains that tenants claim; staff may verify one whose proof they saw another way."""

    list_display = ("domain", "tenant", "proof", "verified_at", "checked_at")
    search_fields = ("domain", "tenant__name")
    actions = ("verify",)
    fields = readonly_fields = ("tenant", "domain", "proof", "verified_at", "checked_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: EmailDomain | None = None) -> bool:
        return False

    @admin.action(description=_("Verify: the tenant proved another way that it owns the domain"))
    def verify(self, request: HttpRequest, queryset: QuerySet[EmailDomain]) -> None:
        for row in queryset:
            try:
                email_domains.verify_by_platform(domain_id=row.pk)
            except email_domains.TakenElsewhere:
                messages.error(request, _("Another tenant verified %(domain)s before.") % {"domain": row.domain})
