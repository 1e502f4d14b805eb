"""Budgets, and the pages about the models' use, in the platform's admin."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import clock
from core.read_only import ReadOnlyAdmin
from llm import budgets, overview
from llm.forms import NoPastedKeys
from llm.models import Budget, LlmCall, UsageHour
from llm.templatetags.llm_figures import usd

DAYS = (7, 30, 90)
CALLS_A_PAGE = 100
LABELS = {
    "limit_usd": _("Limit in dollars"),
    "is_hard": _("Stops calls"),
    "warn_percent": _("Warn at percent"),
    "is_enabled": _("Enabled"),
}
CALL_FILTERS = ("tenant", "feature", "account", "source", "error_kind", "interview_id")


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):
    form = NoPastedKeys
    list_display = ("__str__", "limit", "stops", "warns", "enabled")
    list_filter = ("period", "is_hard", "is_enabled")
    search_fields = ("tenant", "feature")

    @admin.display(description=_("Limit"), ordering="limit_usd")
    def limit(self, row: Budget) -> str:
        return usd(row.limit_usd)

    @admin.display(description=_("Stops calls"), boolean=True, ordering="is_hard")
    def stops(self, row: Budget) -> bool:
        return row.is_hard

    @admin.display(description=_("Warns at"), ordering="warn_percent")
    def warns(self, row: Budget) -> str:
        return f"{row.warn_percent}%"

    @admin.display(description=_("Enabled"), boolean=True, ordering="is_enabled")
    def enabled(self, row: Budget) -> bool:
        return row.is_enabled

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **kwargs | {"labels": LABELS})

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        budgets.forget()


@admin.register(UsageHour)
class UseAdmin(ReadOnlyAdmin):
    """Pages in place of the rows: what models were used for and what it cost; the calls themselves, to be read."""

    def get_urls(self) -> list[URLPattern]:
        calls = self.admin_site.admin_view(self.calls_view)
        return [path("calls/", calls, name="llm_usagehour_calls"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        asked = request.GET.get("days", "")
        days = int(asked) if asked in map(str, DAYS) else DAYS[1]
        found = overview.build(clock.now(), days)
        return self._page(request, "use", _("Model use"), found | {"days": days, "choices": DAYS})

    def calls_view(self, request: HttpRequest) -> HttpResponse:
        """The newest calls, or those before a moment, of one tenant, feature, account, source, error or interview."""
        chosen = {name: request.GET[name] for name in CALL_FILTERS if request.GET.get(name)}
        found = list(_calls(chosen, request.GET.get("before", ""))[: CALLS_A_PAGE + 1])
        older = found[CALLS_A_PAGE - 1].created_at.isoformat() if len(found) > CALLS_A_PAGE else ""
        context = {"calls": found[:CALLS_A_PAGE], "filters": CALL_FILTERS, "chosen": chosen, "older": older}
        return self._page(request, "calls", _("Model calls"), context)

    def _page(self, request: HttpRequest, name: str, title: Any, context: dict[str, Any]) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        shared = self.admin_site.each_context(request) | {"title": title, "opts": self.model._meta}
        return TemplateResponse(request, f"admin/llm/{name}.html", shared | context)


def _calls(chosen: dict[str, str], before: str) -> QuerySet[LlmCall]:
    try:
        rows = LlmCall.objects.filter(**chosen).order_by("-created_at")
    except ValidationError:  # no interview has such an id
        return LlmCall.objects.none()
    moment = _moment(before)
    return rows.filter(created_at__lt=moment) if moment else rows


def _moment(text: str) -> datetime | None:
    """None unless it is a moment with its offset."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None
