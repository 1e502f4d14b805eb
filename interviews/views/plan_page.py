"""The page of a plan that somebody works on."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from interviews.models import PlanDraft
from interviews.plan_forms import AddForm, DescribeForm, PlanForms
from interviews.services import plan_drafts
from interviews.services.plan_linter import Remark, Severity

CENTS = 4  # digits after the point of what an interview costs


def shown(
    request: HttpRequest,
    opened: plan_drafts.Opened,
    forms: PlanForms,
    *,
    status: int = 200,
    remarks: bool = True,
    describe: DescribeForm | None = None,
    newer: PlanDraft | None = None,
) -> HttpResponse:
    """The page; `remarks` only where the forms hold what is saved, `newer` is what somebody else saved meanwhile."""
    found = opened.remarks if remarks else ()
    revision = newer.revision if newer else opened.draft.revision
    context = {
        "draft": opened.draft,
        "job": opened.draft.job,
        "drafted": opened.working.drafted,
        "current": opened.current,
        "forms": forms,
        "competencies": [
            _row(form, _of(found, competency=form["key"].value()))
            | {"reason": opened.working.drafted.reasons.get(str(form["key"].value()), "")}
            for form in forms.competencies
        ],
        "questions": [
            _row(form, _of(found, question=place)) | {"follow_ups": sum(bool(one.value()) for one in form.follow_ups)}
            for place, form in enumerate(forms.questions, 1)
        ],
        "head_remarks": [one for one in found if one.field and not one.competency and one.question is None],
        "plan_remarks": [one for one in found if not (one.field or one.competency or one.question)],
        "counts": _counts(opened.remarks),
        "effort": opened.effort,
        "cost_usd": _cost(opened),
        "add": AddForm(taken=[str(form["key"].value()) for form in forms.competencies]),
        "describe": describe or DescribeForm(initial={"revision": revision}),
        "newer": newer,
        "revision": revision,
    }
    return render(request, "interviews/portal/plan.html", context, status=status)


def told(drafted: plan_drafts.Drafted) -> str:
    """By whom a draft was written, and that a person reads it now."""
    if drafted.source == "model":
        return _("A model drafted this plan. Read and change it: nothing is published until you publish it.")
    if drafted.trouble:
        return _("No model could draft this plan, so it is from the library. Read and change it before you publish.")
    return _("The plan is drafted from the library. Read and change it: nothing is published until you publish it.")


def see(name: str, row_id: UUID, *, after: str = "") -> HttpResponse:
    """A 303 to this page."""
    response = redirect(reverse(name, args=[row_id]) + after)
    response.status_code = 303
    return response


def _row(form: Any, remarks: list[Remark]) -> dict[str, Any]:
    worst = next((str(severity) for severity in Severity if any(one.severity is severity for one in remarks)), "")
    return {"form": form, "remarks": remarks, "worst": worst, "open": bool(form.errors) or worst == "error"}


def _of(remarks: Iterable[Remark], *, question: int | None = None, competency: Any = None) -> list[Remark]:
    """Those about one question, or about one competency and no question."""
    if question is not None:
        return [one for one in remarks if one.question == question]
    return [one for one in remarks if one.competency == competency and one.question is None]


def _counts(remarks: Iterable[Remark]) -> dict[str, int]:
    found = [str(one.severity) for one in remarks]
    return {str(severity): found.count(str(severity)) for severity in Severity}


def _cost(opened: plan_drafts.Opened) -> str:
    """What the models of one interview cost; "" where that is unknown."""
    usd = opened.cost.usd
    return "" if usd is None else f"{usd:.{CENTS}f}"
