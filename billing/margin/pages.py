"""What the pages about the margin show."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.margin import anomalies, charts, report, sheet
from billing.margin.report import Figures
from llm.models import LlmCall

MONTHS = (3, 6, 12, 24)
LONGEST = 100  # lines of the table by tenant; the CSV has all
MOST_ANOMALIES = 20
Source = LlmCall.Source
MEASURES = {
    Source.CACHE.value: gettext_lazy("Cached answers"),
    Source.SHARED.value: gettext_lazy("Shared answers to simultaneous calls"),
    Source.TEMPLATE.value: gettext_lazy("Prepared texts"),
    Source.BATCH.value: gettext_lazy("Batch processing"),
}


def of_all(now: datetime, months: int) -> dict[str, Any]:
    """All tenants together, by month, plan and tenant."""
    found = report.build(now, months)
    by_tenant = found.by_tenant()
    for saving in found.savings.values():
        saving.measure = str(MEASURES[saving.measure])
    return _shared(found, months) | {
        "by_plan": found.by_plan(),
        "by_tenant": by_tenant[:LONGEST],
        "tenants": len(by_tenant),
        "savings": list(found.savings.values()),
        "anomalies": anomalies.find(found)[:MOST_ANOMALIES],
    }


def of_tenant(now: datetime, months: int, tenant_id: UUID) -> dict[str, Any] | None:
    """One of them by month; None if there is no such tenant."""
    found = report.build(now, months)
    if tenant_id not in found.names:
        return None
    theirs = found.of(tenant_id)
    unusual = [one for one in anomalies.find(theirs) if one.tenant]
    return _shared(theirs, months) | {"tenant": found.names[tenant_id], "anomalies": unusual}


def as_csv(now: datetime, months: int, by: str) -> str:
    """Every line: by tenant, plan or month."""
    return sheet.write(by, sheet.BY[by](report.build(now, months)))


def _shared(found: Figures, months: int) -> dict[str, Any]:
    by_month = found.by_month()
    by_month[-1].name = _("%(month)s so far") % {"month": by_month[-1].name}
    return {
        "months": months,
        "choices": MONTHS,
        "total": found.total(),
        "by_month": by_month[::-1],
        "margin_chart": charts.margin(by_month),
        "start_chart": charts.a_start(by_month),
        "factor": anomalies.FACTOR,
        "fewest": anomalies.FEWEST,
    }
