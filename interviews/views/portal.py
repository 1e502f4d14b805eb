"""The recruiters' portal: each view makes one service call."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from core.state import TransitionNotAllowed
from interviews.forms import AssignForm, CandidateFilterForm, DecisionForm
from interviews.models import Evaluation
from interviews.selectors import scope
from interviews.services import decisions, plan_drafts, reading, requests, retrying, reviews
from interviews.views.staff import staff

TABS = {  # of a job, and who sees them
    "candidates": Permission.VIEW_CANDIDATES,
    "questions": Permission.VIEW_JOBS,
    "scorecard": Permission.VIEW_JOBS,
    "settings": Permission.VIEW_JOBS,
    "people": Permission.ASSIGN,
}


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
    return _workspace(request, user, interview_id)


def _workspace(
    request: HttpRequest,
    user: User,
    interview_id: UUID,
    *,
    status: int = 200,
    form: DecisionForm | None = None,
    mark_missing: bool = False,
    **more: Any,
) -> HttpResponse:
    shown = reading.open_interview(by=user, interview_id=interview_id)
    _offer(shown, "portal_assign_interview", "portal_unassign_interview", interview_id)
    shown["review_url"] = reverse("portal_review", args=[interview_id])
    shown["review_draft_url"] = reverse("portal_review_draft", args=[interview_id])
    shown["decide_url"] = reverse("portal_decide", args=[interview_id])
    if shown["review_submitted"]:
        shown["review_items"] = [
            item | {"level": None if item["level"] == "N" else item["level"]} for item in shown["review_items"]
        ]
    if mark_missing:
        for item in shown["review_items"]:
            item["error"] = _("Choose 1 to 5 or N.") if item["level"] is None else ""
    if shown["review_submitted"] and not shown["cannot_decide"]:
        standing = shown["decision"]
        shown["decision_form"] = form or DecisionForm(initial={"seen": standing["id"] if standing else None})
    if failed := shown["interview"]["failed_turn_id"]:
        shown["interview"]["retry_url"] = reverse("portal_retry_turn", args=[failed])
    if (proposal := shown["evaluation"]) and proposal["status"] == Evaluation.Status.FAILED:
        proposal["retry_url"] = reverse("portal_retry_evaluation", args=[proposal["id"]])
    return render(request, "interviews/portal/interview.html", shown | more, status=status)


@require_POST
@staff
def review(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """Submit the viewer's own ratings."""
    try:
        ratings = _ratings(request, user, interview_id)
        reviews.save_review(interview_id=interview_id, by=user, ratings=ratings, submit=True)
    except (reviews.ReviewIncomplete, ValueError):
        error = _("Rate every competency, 1 to 5 or N for no evidence. Nothing was submitted.")
        _keep_draft(request, user, interview_id)
        return _workspace(request, user, interview_id, status=400, review_error=error, mark_missing=True)
    except (reviews.ReviewSubmitted, reviews.NotReviewable):
        messages.error(request, _("This review can't be changed: it was submitted, or the interview is not finished."))
    return _see(interview_id)


@require_POST
@staff
def review_draft(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """Keep the ratings so far; a script asks for no page back."""
    kept = _keep_draft(request, user, interview_id)
    return HttpResponse(status=204 if kept else 409)


def _keep_draft(request: HttpRequest, user: User, interview_id: UUID) -> bool:
    try:
        ratings = _ratings(request, user, interview_id)
        reviews.save_review(interview_id=interview_id, by=user, ratings=ratings, submit=False)
    except (reviews.ReviewIncomplete, reviews.ReviewSubmitted, reviews.NotReviewable, ValueError):
        return False
    return True


def _ratings(request: HttpRequest, user: User, interview_id: UUID) -> dict[UUID, reviews.OwnRating]:
    """The form's fields `rating-<key>` (1 to 5 or N) and `note-<key>`.

    :raises ValueError: for a level that is none.
    """
    interview = scope.interviews_of(user).select_related("version").get(pk=interview_id)
    found = {}
    for competency in interview.version.competencies.all():
        level = request.POST.get(f"rating-{competency.key}", "")
        note = request.POST.get(f"note-{competency.key}", "")
        if level or note.strip():
            chosen = int(level) if level not in ("", "N") else None
            found[competency.pk] = reviews.OwnRating(chosen, note, rated=bool(level))
    return found


@require_POST
@staff
def decide(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _workspace(request, user, interview_id, status=400, form=form)
    data = form.cleaned_data
    try:
        decisions.decide(
            interview_id=interview_id,
            by=user,
            outcome=data["outcome"],
            reason_code=data["reason_code"],
            reason=data["reason_text"],
            seen=data["seen"],
        )
    except decisions.NothingToRestOn:
        messages.error(request, _("Submit your own review first: a decision rests on evidence that is ready."))
    except decisions.ReasonMissing:
        form.add_error("reason_text", _("Write the reason in plain text."))
        return _workspace(request, user, interview_id, status=400, form=form)
    except decisions.DecidedMeanwhile:
        messages.error(request, _("Somebody decided meanwhile. Look at their decision first."))
    return _see(interview_id)


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


def _see(interview_id: UUID) -> HttpResponse:
    response = redirect("portal_interview", interview_id)
    response.status_code = 303
    return response
