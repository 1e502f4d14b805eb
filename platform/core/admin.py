from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import due
from core.models import Due
from core.state import TransitionNotAllowed


@admin.register(Due)
class DueAdmin(ModelAdmin):
    """What is owed and what failed, across tenants: read-only but for the retry."""

    list_display = ("tenant", "kind", "object_id", "due_at", "attempts", "failed_at", "error")
    list_filter = (("failed_at", admin.EmptyFieldListFilter), "kind", "tenant")
    ordering = ("-failed_at", "due_at")
    actions = ("retry",)

    @admin.action(description=_("Retry what failed"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Due]) -> None:
        done = 0
        for row in queryset:
            try:
                due.retry(row)
                done += 1
            except (due.NotRetryable, TransitionNotAllowed):
                messages.error(request, _("%(row)s did not fail, or was retried meanwhile.") % {"row": row})
        messages.info(request, _("Retried: %(count)d.") % {"count": done})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Due | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Due | None = None) -> bool:
        return False
