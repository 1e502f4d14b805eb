"""What the page of budgets shows, and what is said about them elsewhere. No money is decided on here: llm does that."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from compliance.audit import selectors as trail
from core import clock, tenancy
from interviews.models import Job
from interviews.selectors import scope, stopping
from llm import own_alerts, own_budgets, own_use
from llm.models import OwnBudget, OwnBudgetNotice
from llm.own_use import Use

JOBS_A_PAGE, MOST_CHANGES = 25, 20
KIND = "llm.ownbudget"
WARN_PERCENT = 80
OF_PERIOD: dict[str, Promise] = {"day": gettext_lazy("Each day"), "month": gettext_lazy("Each month")}


@dataclass(frozen=True, slots=True)
class Line:
    """A budget, or the place of one that is not set: then `row` and `use` are None."""

    name: str
    period: str
    job_id: UUID | None = None
    row: OwnBudget | None = None
    use: Use | None = None
    forecast_usd: Decimal | None = None
    level: str = ""
    spent_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Alert:
    """A budget that came to a level in its present period."""

    name: str
    level: str
    is_hard: bool
    percent: int


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed which budget, from what to what; None where there was none, or is none any more."""

    at: datetime
    who: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def page(*, viewer: User, number: str | None) -> dict[str, Any]:
    """Everything on the page; the jobs are those in scope, a page of them."""
    rows = own_use.all_of()
    uses, levels = own_use.uses(rows), own_alerts.reached(tenancy.schema())
    by_period = {row.period: row for row in rows if row.group_id is None}
    periods = [
        _line(str(name), period, by_period.get(period), uses=uses, levels=levels) for period, name in OF_PERIOD.items()
    ]
    return {
        "periods": periods,
        "jobs": _jobs(viewer, number, {row.group_id: row for row in rows}, uses=uses, levels=levels),
        "given": own_use.given(),
        "is_shared": own_use.is_shared(),
        "features": stopping.FEATURES.values(),
        "anyway": stopping.ANYWAY,
        "changes": changes(),
    }


def line(*, period: str, job: Job | None) -> Line:
    """One budget, as it is now."""
    job_id = job.pk if job else None
    name = job.title if job else str(OF_PERIOD[period])
    rows = [row for row in own_use.all_of() if (row.period, row.group_id) == (period, job_id)]
    levels = own_alerts.reached(tenancy.schema())
    return _line(name, period, rows[0] if rows else None, uses=own_use.uses(rows), levels=levels, job_id=job_id)


def of_job(job_id: UUID) -> Line | None:
    """The job's own budget, for its page; None where it has none."""
    if not any(row.group_id == job_id for row in own_budgets.of(tenancy.schema())):
        return None
    found = own_use.of_group(job_id)
    if found is None:
        return None
    row, use = found
    return _line("", row.period, row, uses={row.pk: use}, levels=own_alerts.reached(tenancy.schema()), job_id=job_id)


def alerts() -> list[Alert]:
    """What the people who look after billing should know on every page."""
    rows = {row.pk: row for row in own_budgets.of(tenancy.schema())}
    if not rows:
        return []
    reached = own_alerts.reached(tenancy.schema())
    return [
        Alert(name_of(rows[key]), notice.level, rows[key].is_hard, rows[key].warn_percent)
        for key, notice in reached.items()
    ]


def name_of(row: OwnBudget) -> str:
    """As mail and notices call it."""
    if row.period == OwnBudget.Period.DAY:
        return _("the daily budget")
    if row.period == OwnBudget.Period.MONTH:
        return _("the monthly budget")
    return _("the budget for the job %(title)s") % {"title": _titles([row.group_id]).get(row.group_id, "–")}


def changes() -> list[Change]:
    """The newest changes of the tenant's budgets, removed ones too."""
    found = trail.changes_of(KIND, most=MOST_CHANGES)
    people: dict[UUID | None, str] = dict(
        User.objects.filter(pk__in={one.person_id for one in found}).values_list("pk", "name")
    )
    groups = {one.detail["group"]: UUID(one.detail["group"]) for one in found if "group" in one.detail}
    titles = _titles(groups.values())
    return [
        Change(
            one.at,
            people.get(one.person_id, _("Nobody of your team")),
            titles.get(groups[one.detail["group"]], "–")
            if "group" in one.detail
            else str(OF_PERIOD[one.detail["period"]]),
            one.detail.get("from"),
            one.detail.get("to"),
        )
        for one in found
    ]


def _jobs(viewer: User, number: str | None, rows: dict[UUID | None, OwnBudget], **known: Any) -> Page[Any]:
    """Those with a budget first, then the newest."""
    rank = Case(When(pk__in=[key for key in rows if key], then=Value(0)), default=Value(1))
    shown: Page[Any] = Paginator(scope.jobs_of(viewer).order_by(rank, "-pk"), JOBS_A_PAGE).get_page(number)
    spent = own_use.by_group([job.pk for job in shown])
    shown.object_list = [
        _line(job.title, "total", rows.get(job.pk), job_id=job.pk, spent_usd=spent[job.pk], **known) for job in shown
    ]
    return shown


def _line(
    name: str,
    period: str,
    row: OwnBudget | None,
    *,
    uses: dict[UUID, Use],
    levels: dict[UUID, OwnBudgetNotice],
    job_id: UUID | None = None,
    spent_usd: Decimal = Decimal(0),
) -> Line:
    if row is None:
        return Line(name, period, job_id, spent_usd=spent_usd)
    use, notice = uses[row.pk], levels.get(row.pk)
    return Line(
        name,
        period,
        job_id,
        row,
        use,
        use.forecast_usd(clock.now()),
        notice.level if notice else "",
        use.spent_usd,
    )


def _titles(job_ids: Any) -> dict[UUID | None, str]:
    return dict(Job.objects.filter(pk__in=list(job_ids)).values_list("pk", "title"))
