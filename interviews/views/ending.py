"""The end of an interview: review and submit, the receipt, and the status page with what can be asked from it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from core import ratelimit
from core.state import TransitionNotAllowed
from interviews import selectors
from interviews.forms import AskForm, RatingForm, ReviewAndSubmitForm
from interviews.models import CandidateRequest, Interview
from interviews.selectors import feedback
from interviews.services import afterwards, requests, submission, takeaway
from interviews.views.frame import limited, page, see, see_sent, was_sent, with_interview

Kind, Status = CandidateRequest.Kind, Interview.Status
DOWNLOADS = "30/hour"  # of each file of an interview
ENDED = (Status.COMPLETED, Status.ABANDONED, Status.WITHDRAWN)
ASKABLE: dict[str, tuple[str, Sequence[str]]] = {  # path -> what is asked for, and where the interview must stand
    "talk": (Kind.TALK, (Status.IN_PROGRESS, Status.PAUSED, *ENDED)),
    "review": (Kind.REVIEW, (Status.COMPLETED, Status.ABANDONED)),
    "erasure": (Kind.ERASURE, ENDED),
}


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def review(request: HttpRequest, interview: Interview) -> HttpResponse:
    """All answers once more, a free last field, and the button that submits."""
    room = selectors.room(interview) if interview.status == Status.IN_PROGRESS else None
    if room is None or not room.to_review:
        return see("candidate_home", interview)
    kept = {"closing": interview.closing_draft or ""}
    form = ReviewAndSubmitForm(request.POST if request.method == "POST" else None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            submission.submit(interview, closing=form.cleaned_data["closing"])
            return see("candidate_home", interview)
        except (submission.NotFinished, TransitionNotAllowed):
            return see("candidate_home", interview)
        except ValueError:
            form.add_error("closing", selectors.ANSWER_ERRORS["text"])
    return show_review(request, interview, form, 400 if form.is_bound else 200)


def show_review(
    request: HttpRequest, interview: Interview, form: ReviewAndSubmitForm, status: int, **context: Any
) -> HttpResponse:
    urls = {
        "submit_url": reverse("candidate_review", args=[interview.pk]),
        "draft_url": reverse("candidate_draft", args=[interview.pk]),
        "help_url": reverse("candidate_help", args=[interview.pk]),
    }
    context |= urls | selectors.review(interview)
    return page(request, interview, "review", status, form=form, draft_version=interview.closing_version, **context)


def show_status(request: HttpRequest, interview: Interview, status: int = 200, **context: Any) -> HttpResponse:
    """Where it stands, and what the candidate can take away or ask for."""
    names = ("home", "receipt", "answers", "rate", "withdraw", "thumb", "contest", "letter")
    urls = {f"{name}_url": reverse(f"candidate_{name}", args=[interview.pk]) for name in names}
    asks = {
        f"{name}_url": reverse("candidate_ask", args=[interview.pk, name])
        for name, (_, states) in ASKABLE.items()
        if interview.status in states
    }
    rating = RatingForm(initial={"stars": interview.stars})
    shown = {"rating": rating} | selectors.status(interview) | feedback.of_candidate(interview) | urls | asks | context
    return page(request, interview, "status", status, **shown)


@require_safe
@with_interview
def receipt(request: HttpRequest, interview: Interview) -> HttpResponse:
    """The receipt of what was submitted as a file, with what its fingerprint was made of."""
    if interview.status not in ENDED or not interview.receipt_hash:
        return see("candidate_home", interview)
    return download(request, interview, takeaway.receipt, "receipt.json", "application/json")


@require_safe
@with_interview
def answers(request: HttpRequest, interview: Interview) -> HttpResponse:
    """The questions and the candidate's own answers as a text file."""
    if interview.status not in ENDED:
        return see("candidate_home", interview)
    return download(request, interview, takeaway.answers, "answers.txt", "text/plain; charset=utf-8")


def download(
    request: HttpRequest, interview: Interview, content: Callable[[Interview], str], name: str, content_type: str
) -> HttpResponse:
    """The file, or a page that says when to come back: each download is a row of the audit trail."""
    try:
        ratelimit.hit(f"download {name}", str(interview.pk), DOWNLOADS)
    except ratelimit.TooMany as error:
        return limited(request, error)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content(interview), content_type=content_type, headers=headers)


@require_http_methods(["POST"])
@with_interview
def rate(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Keep the candidate's own rating of the interview."""
    form = RatingForm(request.POST)
    if interview.status not in ENDED:
        return see("candidate_home", interview)
    if not form.is_valid():
        return show_status(request, interview, 400, rating=form)
    try:
        ratelimit.hit("rate", str(interview.pk), "20/hour")
        afterwards.rate(interview, stars=form.cleaned_data["stars"])
    except ratelimit.TooMany as error:
        return limited(request, error)
    except afterwards.NotRateable:
        pass  # withdrawn meanwhile: the page says
    return see("candidate_home", interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def ask(request: HttpRequest, interview: Interview, kind: str) -> HttpResponse:
    """Ask for something that a person takes care of."""
    if kind not in ASKABLE:
        raise Http404
    stored_kind, states = ASKABLE[kind]
    if interview.status not in states:
        return see("candidate_home", interview)
    form = AskForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ratelimit.hit("request", str(interview.pk), "5/hour")
        except ratelimit.TooMany as error:
            return limited(request, error)
        requests.ask(interview, kind=stored_kind, detail=form.cleaned_data["words"].strip())
        return see_sent("candidate_ask", interview, kind)
    context: dict[str, Any] = {
        "form": form,
        "asked": was_sent(request) and selectors.has_asked(interview, stored_kind),
        "kind": kind,
    }
    context["back_url"] = reverse("candidate_home", args=[interview.pk])
    return page(request, interview, "ask", 400 if form.is_bound else 200, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def withdraw(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Ask whether the candidate means it; the form ends the interview."""
    if interview.status in (Status.WITHDRAWN, Status.EXPIRED, Status.ERASED):
        return see("candidate_home", interview)
    if request.method == "POST":
        try:
            ratelimit.hit("withdraw", str(interview.pk), "5/hour")
            afterwards.withdraw(interview)
        except ratelimit.TooMany as error:
            return limited(request, error)
        except TransitionNotAllowed:
            pass  # it was erased meanwhile: its page says
        return see("candidate_home", interview)
    return page(request, interview, "withdraw", back_url=reverse("candidate_home", args=[interview.pk]))
