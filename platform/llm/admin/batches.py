"""Batches in the platform's admin: how far they are and why they ended, to be read. It shows no request or answer."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.read_only import ReadOnlyAdmin
from llm.models import Batch, BatchItem


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "tenant", "feature", "account", "model", "status", "answered", "deadline_at", "error")
    list_filter = ("status", "feature", "account")
    search_fields = ("tenant", "remote_id")
    ordering = ("-created_at",)
    fields = (
        *("tenant", "feature", "account", "model", "own_key", "status", "error", "answered"),
        *("owner_kind", "owner_id", "interview_id", "remote_id", "created_at", "sent_at", "deadline_at"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        answered = Count("items", filter=Q(items__status=BatchItem.Status.ANSWERED))
        found: QuerySet[Batch] = super().get_queryset(request)
        return found.annotate(answered_count=answered, item_count=Count("items"))

    @admin.display(description=_("Answered"))
    def answered(self, row: Any) -> str:
        return f"{row.answered_count}/{row.item_count}"
