"""What the columns of a published version hold: lengths and numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from interviews.models import Competency, Job, JobVersion
from interviews.services.jobs import JobPlan
from interviews.services.plan_linter.remarks import Remark, Severity

MINUTES = (5, 240)


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the most characters that are kept of it."""

    field: str
    text: str
    most: int
    competency: str = ""


def remarks(plan: JobPlan) -> Iterator[Remark]:
    """What is too long or out of range to be stored."""
    for one in _texts(plan):
        if len(one.text) > one.most:
            message = _("Shorten this to %(most)s characters: it has %(count)s.")
            numbers = {"most": one.most, "count": len(one.text)}
            yield Remark("over_length", Severity.ERROR, message % numbers, competency=one.competency, field=one.field)
    yield from _numbers(plan)


def _texts(plan: JobPlan) -> Iterator[Text]:
    yield Text("title", plan.title, _most(Job, "title"))
    yield Text("location", plan.location, _most(Job, "location"))
    for one in plan.competencies:
        yield Text("name", one.name, _most(Competency, "name"), one.key)
        yield Text("key", one.key, _most(Competency, "key"), one.key)


def _numbers(plan: JobPlan) -> Iterator[Remark]:
    least, most = MINUTES
    if not least <= plan.minutes <= most:
        message = _("Allow between %(least)s and %(most)s minutes.") % {"least": least, "most": most}
        yield Remark("minutes_range", Severity.ERROR, message, field="minutes")
    bars = (plan.threshold_maybe, plan.threshold_hire)
    if not all(bar.is_finite() and 0 <= bar <= 100 for bar in bars):
        yield Remark("thresholds_range", Severity.ERROR, _("Use bars from 0 to 100."), field="threshold_hire")
    elif plan.threshold_hire < plan.threshold_maybe:
        message = _("Let the bar for hire be at or above the one for maybe.")
        yield Remark("thresholds_order", Severity.ERROR, message, field="threshold_hire")
    if not plan.coverage_floor.is_finite() or not 0 <= plan.coverage_floor <= Decimal(1):
        yield Remark("floor_range", Severity.ERROR, _("Use a floor from 0 to 100 percent."), field="coverage_floor")


def _most(model: type[Job | JobVersion | Competency], name: str) -> int:
    return int(model._meta.get_field(name).max_length or 0)  # type: ignore[union-attr]
