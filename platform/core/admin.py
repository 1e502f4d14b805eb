from collections import Counter
from typing import Any

import structlog
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_tenants.utils import get_tenant_model

from core import due, staff_warnings, task_health, tenancy
from core.models import Due
from core.read_only import ReadOnlyAdmin
from core.state import TransitionNotAllowed

FAILED_FIRST = "?failed_at__isempty=0"
log = structlog.get_logger()


@admin.register(Due)
class DueAdmin(ReadOnlyAdmin):
    """What is owed and what failed, across tenants: read-only but for the retry. What failed first stands first."""

    list_display = ("kind", "object_id", "tenant_link", "attempts", "failed_at", "error", "due_at")
    list_filter = (("failed_at", admin.EmptyFieldListFilter), "kind", "error", "tenant")
    search_fields = ("object_id", "tenant")
    search_help_text = _("The id of an object, or a tenant's schema.")
    ordering = (F("failed_at").asc(nulls_last=True), "due_at")
    date_hierarchy = "failed_at"
    list_per_page = 50
    actions = ("retry",)

    @admin.display(description=_("Tenant"), ordering="tenant")
    def tenant_link(self, row: Due) -> str | SafeString:
        """The tenant's own page; its schema where it is no more."""
        try:
            tenant = tenancy.by_schema(row.tenant)
        except tenancy.UnknownTenant:
            return row.tenant
        meta = get_tenant_model()._meta
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[tenant.pk])
        return format_html('<a href="{}">{}</a>', url, row.tenant)

    @admin.action(description=_("Retry what failed"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Due]) -> None:
        outcomes = Counter(self._retry(request, row) for row in queryset)
        level = messages.SUCCESS if set(outcomes) == {"retried"} else messages.WARNING
        count = outcomes["retried"]
        text = ngettext("Retried: %(count)d. It is owed again.", "Retried: %(count)d. They are owed again.", count)
        self.message_user(request, text % {"count": count}, level)

    def _retry(self, request: HttpRequest, row: Due) -> str:
        """One row, whatever becomes of the others; says why when it was not retried."""
        try:
            due.retry(row)
            return "retried"
        except (due.NotRetryable, TransitionNotAllowed):
            text = _("%(row)s did not fail, or was retried meanwhile.")
        except due.UnknownKind:
            text = _("%(row)s is of a kind that this release does not know.")
        except tenancy.UnknownTenant:
            text = _("%(row)s belongs to a tenant that is no more.")
        except Exception:
            log.error("retry_failed", kind=row.kind, exc_info=True)
            text = _("%(row)s could not be retried; the logs say why.")
        messages.error(request, text % {"row": row})
        return "left"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the admin's first page says above the list of apps: what is urgent, what failed, how the tasks fare."""
    failed_url = reverse("admin:core_due_changelist") + FAILED_FIRST
    urgent = [{"text": one.text, "url": reverse(one.page)} for one in staff_warnings.now()]
    found = {"failed_count": due.failed_count(), "failed_url": failed_url, "urgent": urgent}
    return context | found | task_health.look()
