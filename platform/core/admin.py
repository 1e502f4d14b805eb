from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from core.models import Due


@admin.register(Due)
class DueAdmin(ModelAdmin):
    """What is owed, across tenants: read-only."""

    list_display = ("tenant", "kind", "object_id", "due_at", "attempts")
    list_filter = ("kind", "tenant")
    ordering = ("due_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Due | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Due | None = None) -> bool:
        return False
