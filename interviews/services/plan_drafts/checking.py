"""What keeps a plan from being published."""

from django.utils.translation import gettext as _

from interviews.services.jobs import JobPlan
from interviews.services.plan_linter import Remark, Severity, errors, lint


class LinterObjects(ValueError):
    """The linter finds errors in the plan: nobody is asked such questions, or rated on such a scale."""

    def __init__(self, remarks: tuple[Remark, ...]) -> None:
        super().__init__(", ".join(sorted({remark.code for remark in remarks})))
        self.remarks = remarks


def remarks_of(plan: JobPlan) -> tuple[Remark, ...]:
    """The linter's remarks, and what only somebody who publishes has to give."""
    if plan.title.strip():
        return lint(plan)
    return (Remark("no_title", Severity.ERROR, _("Give the job a title."), field="title"), *lint(plan))


def refuse_errors(plan: JobPlan) -> None:
    """:raises LinterObjects: if a person has to mend something first."""
    found = errors(remarks_of(plan))
    if found:
        raise LinterObjects(found)
