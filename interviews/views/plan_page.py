"""The page of a plan that somebody works on."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from interviews.models import PlanDraft
from interviews.plan_forms import AddForm, DescribeForm, PlanForms
from interviews.services import plan_drafts
from interviews.services.plan_linter import Remark, Severity

CENTS = 4  # digits after the point of what an interview costs
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, User, P], HttpResponse]


def while_there(view: View[P]) -> View[P]:
    """A view of a draft; from a draft that is not there (any more), to the jobs."""

    @wraps(view)
    def checked(request: HttpRequest, user: User, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, user, *args, **kwargs)
        except PlanDraft.DoesNotExist:
            messages.info(request, _("This draft is not there any more: it was published or discarded."))
            response = redirect("portal_jobs")
            response.status_code = 303
            return response

    return checked


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
    revision = newer.revision if newer else forms.revision or opened.draft.revision
    context = _rows(forms, found, opened.working.drafted) | {
        "draft": opened.draft,
        "job": opened.draft.job,
        "drafted": opened.working.drafted,
        "current": opened.current,
        "head_remarks": [one for one in found if one.field and not one.competency and one.question is None],
        "plan_remarks": [one for one in found if not (one.field or one.competency or one.question)],
        "counts": _counts(opened.remarks),
        "effort": opened.effort,
        "cost_usd": _cost(opened),
        "describe": describe or DescribeForm(initial={"revision": revision}),
        "newer": newer,
        "revision": revision,
    }
    return render(request, "interviews/portal/plan.html", context, status=status)


def vanished(request: HttpRequest, forms: PlanForms) -> HttpResponse:
    """The page with what was typed for a draft that is not there any more, so that it can be copied."""
    context = _rows(forms, (), plan_drafts.Drafted()) | {"revision": forms.revision}
    return render(request, "interviews/portal/plan.html", context, status=409)


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


def _rows(forms: PlanForms, found: Iterable[Remark], drafted: plan_drafts.Drafted) -> dict[str, Any]:
    """The forms, with the remarks beside their rows."""
    keys = [str(form["key"].value()) for form in forms.competencies]
    return {
        "forms": forms,
        "competencies": [
            _row(form, _of(found, competency=key)) | {"reason": drafted.reasons.get(key, "")}
            for key, form in zip(keys, forms.competencies, strict=True)
        ],
        "questions": [
            _row(form, _of(found, question=place)) | {"follow_ups": sum(bool(one.value()) for one in form.follow_ups)}
            for place, form in enumerate(forms.questions, 1)
        ],
        "add": AddForm(taken=keys),
    }


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
