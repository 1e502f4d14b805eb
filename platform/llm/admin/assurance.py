"""What prompt versions reached in their suites, in the platform's admin: to be read beside the experiments."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from core.read_only import ReadOnlyAdmin
from llm import gates
from llm.models import AssuranceRun
from llm.templatetags.llm_figures import usd


@admin.register(AssuranceRun)
class AssuranceRunAdmin(ReadOnlyAdmin):
    list_display = ("prompt_version", "model", "outcome", "counts", "cases", "cost", "finished_at", "by")
    list_filter = ("feature", "passed")
    search_fields = ("prompt_version", "model")
    fields = (
        *("feature", "prompt_version", "evaluator_version", "code_version", "suites_version", "model", "outcome"),
        *("counts", "shares", "cases", "calls", "cost", "started_at", "finished_at", "by"),
    )
    readonly_fields = fields

    @admin.display(description=_("Outcome"), ordering="passed")
    def outcome(self, row: AssuranceRun) -> str:
        if row.passed:
            return str(_("Passed"))
        return str(_("Below the gate: %s") % ", ".join(gates.below(row.figures)))

    @admin.display(description=_("Counts with this release"), boolean=True)
    def counts(self, row: AssuranceRun) -> bool:
        return gates.is_of_this_release(row)

    @admin.display(description=_("Suites"))
    def shares(self, row: AssuranceRun) -> SafeString:
        below = gates.below(row.figures)
        lines = [
            {"name": name, "percent": 100 * one["met"] // one["cases"], "below": name in below, **one}
            | {"least": round(100 * one["least"])}
            for name, one in sorted(row.figures.items())
        ]
        return render_to_string("admin/llm/_assurance_figures.html", {"lines": lines})

    @admin.display(description=_("Cost"), ordering="cost_usd")
    def cost(self, row: AssuranceRun) -> str:
        return usd(row.cost_usd)
