"""The recruiters' portal: each view makes one service call."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from core.state import TransitionNotAllowed
from interviews.forms import AssignForm, CandidateFilterForm, DecisionForm
from interviews.models import Disagreement, Evaluation
from interviews.selectors import scope
from interviews.services import decisions, plan_drafts, reading, requests, results, retrying
from interviews.views.staff import staff

TABS = {  # of a job, and who sees them
    "candidates": Permission.VIEW_CANDIDATES,
    "questions": Permission.VIEW_JOBS,
    "scorecard": Permission.VIEW_JOBS,
    "settings": Permission.VIEW_JOBS,
    "people": Permission.ASSIGN,
}

MADE_ANEW = gettext_lazy("The AI's result was made anew since you opened this page. Look at it first.")


@require_safe
@staff
def home(request: HttpRequest, user: User) -> HttpResponse:
    if not user.may(Permission.VIEW_CANDIDATES):
        return redirect("portal_jobs")
    shown = reading.home(by=user)
    for item in shown["failed"]:
        item["retry_url"] = reverse(f"portal_retry_{item['kind']}", args=[item["object_id"]])
    for item in shown["requests"]:
        if item["contest_id"]:
            item["rule_url"] = reverse("portal_contest", args=[item["contest_id"]])
        else:
            item["handle_url"] = reverse("portal_handle_request", args=[item["id"]])
    first_days = not any(stat["value"] for stat in shown["stats"])
    return render(request, "interviews/portal/home.html", shown | {"first_days": first_days})


@require_safe
@staff
def jobs(request: HttpRequest, user: User) -> HttpResponse:
    return render(request, "interviews/portal/jobs.html", plan_drafts.jobs_page(by=user))


@require_safe
@staff
def job(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    shown = reading.job_page(by=user, job_id=job_id, page=request.GET.get("page"))
    tabs = [name for name in TABS if user.may(TABS[name])]
    tab = request.GET.get("tab", tabs[0])
    tab = tab if tab in tabs else tabs[0]
    _offer(shown, "portal_assign_job", "portal_unassign_job", job_id)
    query = urlencode({"tab": tab}) + "&"
    return render(request, "interviews/portal/job.html", shown | {"tab": tab, "query": query})


def _offer(shown: dict[str, Any], assign: str, unassign: str, row_id: UUID) -> None:
    """The addresses and the form of `people`, for who may assign them."""
    if not (people := shown.get("people")):
        return
    people["assign_url"] = reverse(assign, args=[row_id])
    people["form"] = AssignForm(choices=people["choices"])
    for person in people["assigned"]:
        person["remove_url"] = reverse(unassign, args=[row_id, person["id"]])


@require_safe
@staff
def candidates(request: HttpRequest, user: User) -> HttpResponse:
    form = CandidateFilterForm(request.GET, jobs=scope.jobs_of(user))
    valid = form.is_valid()
    chosen = form.cleaned_data.get("job") if valid else None
    stage = form.cleaned_data.get("stage", "") if valid else ""
    slug = chosen.slug if chosen else ""
    page = reading.candidates(by=user, job_slug=slug, stage=stage, page=request.GET.get("page"))
    query = urlencode({"job": slug, "stage": stage}) + "&"
    context = {"page": page, "filter_form": form, "filtered": bool(slug or stage), "query": query}
    return render(request, "interviews/portal/candidates.html", context)


@require_safe
@staff
def interview(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    return show_workspace(request, user, interview_id)


def show_workspace(
    request: HttpRequest,
    user: User,
    interview_id: UUID,
    *,
    status: int = 200,
    form: DecisionForm | None = None,
    typed: Mapping[str, str] | None = None,
    mark_missing: bool = False,
    **more: Any,
) -> HttpResponse:
    """The workspace; `typed` is what stood in a form that was refused."""
    shown = reading.open_interview(by=user, interview_id=interview_id)
    _offer(shown, "portal_assign_interview", "portal_unassign_interview", interview_id)
    for act in ("review", "review_draft", "disagree", "consensus", "decide"):
        shown[f"{act}_url"] = reverse(f"portal_{act}", args=[interview_id])
    if shown["review_submitted"]:
        shown["review_items"] = [
            item | {"level": None if item["level"] == "N" else item["level"]} for item in shown["review_items"]
        ]
    if shown["review_submitted"] and not shown["cannot_decide"]:
        standing = shown["decision"]
        shown["decision_form"] = form or DecisionForm(initial={"seen": standing["id"] if standing else None})
    if failed := shown["interview"]["failed_turn_id"]:
        shown["interview"]["retry_url"] = reverse("portal_retry_turn", args=[failed])
    if (proposal := shown["evaluation"]) and proposal["status"] == Evaluation.Status.FAILED:
        proposal["retry_url"] = reverse("portal_retry_evaluation", args=[proposal["id"]])
    shown["disagreement_codes"] = Disagreement.Code.choices
    _put_back(shown, typed or {})
    for item in shown["review_items"] if mark_missing else ():
        item["error"] = _("Choose 1 to 5 or N.") if item["level"] is None else ""
    return render(request, "interviews/portal/interview.html", shown | more, status=status)


def _put_back(shown: dict[str, Any], typed: Mapping[str, str]) -> None:
    for item in shown["review_items"] if not shown["review_submitted"] and typed else ():
        level = typed.get(f"rating-{item['key']}", "")
        item["level"] = int(level) if level in {"1", "2", "3", "4", "5"} else (level or None)
        item["note"] = typed.get(f"note-{item['key']}", "")
    for rating in shown["evaluation"]["ratings"] if shown["evaluation"] else ():
        rating["code"] = typed.get(f"reason-{rating['key']}", rating["code"])
        rating["words"] = typed.get(f"words-{rating['key']}", rating["words"])
    for row in shown["raters"]["rows"] if shown.get("raters") else ():
        row["chosen"] = typed.get(f"agreed-{row['key']}", row["chosen"])
        row["agreed_note"] = typed.get(f"agreed-note-{row['key']}", "")


@require_POST
@staff
def decide(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return show_workspace(request, user, interview_id, status=400, form=form)
    data = form.cleaned_data
    try:
        decisions.decide(
            interview_id=interview_id,
            by=user,
            outcome=data["outcome"],
            reason_code=data["reason_code"],
            reason=data["reason_text"],
            result=data["result"],
            seen=data["seen"],
        )
    except decisions.NothingToRestOn:
        messages.error(request, _("Submit your own review first: a decision rests on evidence that is ready."))
    except decisions.ReasonMissing:
        form.add_error("reason_text", _("Write the reason in plain text."))
        return show_workspace(request, user, interview_id, status=400, form=form)
    except decisions.DecidedMeanwhile:
        messages.error(request, _("Somebody decided meanwhile. Look at their decision first."))
    except results.ResultMadeAnew:
        messages.error(request, MADE_ANEW)
        return show_workspace(request, user, interview_id, status=409, form=form)
    return see_interview(interview_id)


@require_POST
@staff
def retry_turn(request: HttpRequest, user: User, turn_id: UUID) -> HttpResponse:
    try:
        retrying.retry_turn(turn_id=turn_id, by=user)
        messages.info(request, _("The reply is being written again."))
    except TransitionNotAllowed:
        messages.error(request, _("There is nothing to retry any more."))
    return redirect("portal_home")


@require_POST
@staff
def retry_evaluation(request: HttpRequest, user: User, evaluation_id: UUID) -> HttpResponse:
    try:
        retrying.retry_evaluation(evaluation_id=evaluation_id, by=user)
        messages.info(request, _("The evaluation runs again."))
    except TransitionNotAllowed:
        messages.error(request, _("There is nothing to retry any more."))
    return redirect("portal_home")


@require_POST
@staff
def handle_request(request: HttpRequest, user: User, request_id: UUID) -> HttpResponse:
    try:
        requests.handle(request_id=request_id, by=user)
    except requests.AlreadyHandled:
        messages.info(request, _("Somebody took care of this already."))
    return redirect("portal_home")


def see_interview(interview_id: UUID) -> HttpResponse:
    response = redirect("portal_interview", interview_id)
    response.status_code = 303
    return response
