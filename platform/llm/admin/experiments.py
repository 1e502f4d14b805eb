"""Experiments in the platform's admin: drafts are edited, then started; what runs is only looked at and ended."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminSelectWidget

from core import tenancy
from core.state import TransitionNotAllowed
from llm import experiments, features, gates, judging
from llm.forms import NoPastedKeys
from llm.models import Experiment, Variant

# What a guardrail may be: beyond these it would switch a version off at once, or never.
LEAST = {"least_calls": 1, "most_cost_ratio": 1, "most_latency_ratio": 1, "most_bad_output_percent": 0}
MOST = {"most_bad_output_percent": 100}


def _features() -> list[tuple[str, str]]:
    return [(name, name) for name in features.listed()]


class ExperimentForm(NoPastedKeys):
    """A draft; its versions are checked when it is started."""

    class Meta:
        model = Experiment
        fields = (
            *("name", "feature", "tenants", "least_calls", "most_cost_ratio", "most_latency_ratio"),
            *("most_bad_output_percent", "least_rating"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "feature" in self.fields:  # read-only once it was started
            self.fields["feature"] = forms.ChoiceField(
                label=_("Feature"), choices=_features, widget=UnfoldAdminSelectWidget
            )
            self.fields["tenants"].widget.attrs["rows"] = 2

    def clean(self) -> dict[str, Any]:
        """Guardrails that can guard."""
        found: dict[str, Any] = super().clean() or {}
        for name in LEAST.keys() & found.keys():
            if found[name] < LEAST[name]:
                self.add_error(name, _("Write %s or more.") % LEAST[name])
            elif name in MOST and found[name] > MOST[name]:
                self.add_error(name, _("Write %s or less.") % MOST[name])
        return found

    def clean_tenants(self) -> list[str]:
        """A list of schemas that there are."""
        given = self.cleaned_data["tenants"] or []
        if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
            raise forms.ValidationError(_('Write a list such as ["acme", "globex"].'))
        for name in given:
            try:
                tenancy.by_schema(name)
            except tenancy.UnknownTenant:
                raise forms.ValidationError(_("No tenant has the schema %(name)s."), params={"name": name}) from None
        return given


class VariantInline(TabularInline):
    model = Variant
    form = NoPastedKeys
    extra = 0
    hide_title = True
    fields = ("prompt_version", "percent", "is_control", "switched_off_at", "reason")
    readonly_fields = ("switched_off_at", "reason")

    def has_add_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return _is_draft(obj)

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return _is_draft(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return _is_draft(obj)


@admin.register(Experiment)
class ExperimentAdmin(ModelAdmin):
    form = ExperimentForm
    list_display = ("name", "feature", "status", "started_at", "ended_at")
    list_filter = ("status", "feature")
    readonly_fields = ("status", "started_at", "ended_at", "results")
    inlines = (VariantInline,)
    actions = ("start", "end")

    @admin.display(description=_("Results"))
    def results(self, row: Experiment) -> SafeString:
        """What each version came to, from the ledger."""
        found, variants = judging.results(row), list(row.variants.all())
        stands = gates.standing(row.feature, [variant.prompt_version for variant in variants])
        lines = [(variant, found[variant.prompt_version], stands[variant.prompt_version].label) for variant in variants]
        return render_to_string("admin/llm/_experiment_results.html", {"lines": lines})

    @admin.action(description=_("Start"), permissions=["change"])
    def start(self, request: HttpRequest, queryset: QuerySet[Experiment]) -> None:
        for row in queryset:
            try:
                experiments.start(experiment_id=row.pk)
                messages.success(request, _("%(name)s runs.") % {"name": row.name})
            except experiments.NotStartable as error:
                messages.error(request, f"{row.name}: {error}")

    @admin.action(description=_("End"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: QuerySet[Experiment]) -> None:
        for row in queryset:
            try:
                experiments.end(experiment_id=row.pk)
                messages.success(request, _("%(name)s ended.") % {"name": row.name})
            except TransitionNotAllowed:
                messages.error(request, _("%(name)s does not run.") % {"name": row.name})

    def has_change_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return _is_draft(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        return obj is not None and _is_draft(obj) and bool(super().has_delete_permission(request, obj))


def _is_draft(row: Experiment | None) -> bool:
    """What has run stays as it was: its results say what they say of these versions."""
    return row is None or row.status == Experiment.Status.DRAFT
