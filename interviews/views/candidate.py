"""The candidate's way: link, landing, room, review. Plain forms; everything works without scripts."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.services import quota
from core import ratelimit
from core.state import TransitionNotAllowed
from interviews import selectors
from interviews.forms import ReviewAndSubmitForm
from interviews.models import Interview
from interviews.services import links, opening, submission, turns
from interviews.views.frame import cookie_of, frame, limited, page, see, with_interview


@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange the link's secret for a cookie and leave the URL. Writes nothing."""
    try:
        ratelimit.hit("link", ratelimit.client_of(request), "60/minute")
        invitation = links.exchange(token=token)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except links.LinkNotValid:
        return render(request, "interviews/candidate/gone.html", frame() | {"reason": "revoked"}, status=404)
    response = redirect("candidate_home", invitation.interview_id)
    response.status_code = 303
    response.set_cookie(
        settings.CANDIDATE_COOKIE_NAME,
        links.write_cookie(cookie_of(request), invitation),
        max_age=settings.CANDIDATE_COOKIE_AGE,
        secure=True,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def home(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Wherever the interview stands: landing, consent, ready, room, review, or how it ended."""
    status = Interview.Status(interview.status)
    if status in (Interview.Status.INVITED, Interview.Status.OPENED) and selectors.is_expired(interview):
        return page(request, interview, "gone", 410, reason="expired")
    if request.method == "POST":
        return _go_on(request, interview)
    match status:
        case Interview.Status.INVITED | Interview.Status.OPENED:
            return page(request, interview, "landing", **selectors.landing(interview))
        case Interview.Status.CONSENTED:
            return see("candidate_ready", interview)
        case Interview.Status.IN_PROGRESS | Interview.Status.PAUSED:
            return _room(request, interview)
        case Interview.Status.COMPLETED:
            return page(request, interview, "done", **selectors.receipt(interview))
        case Interview.Status.DECLINED:
            return page(request, interview, "declined", changed_mind_url="")
    return page(request, interview, "gone", 410, reason=status.value)


def _go_on(request: HttpRequest, interview: Interview) -> HttpResponse:
    try:
        opening.open_interview(interview)
    except TransitionNotAllowed:
        return see("candidate_home", interview)
    return see("candidate_consent", interview)


def _room(request: HttpRequest, interview: Interview, status: int = 200, **context: Any) -> HttpResponse:
    room = selectors.room(interview)
    if room.to_review:
        late = context.get("unsent") or context.get("draft")
        return _too_late(request, interview, late) if late else see("candidate_review", interview)
    urls = {
        "answer_url": reverse("candidate_answer", args=[interview.pk]),
        "draft_url": reverse("candidate_draft", args=[interview.pk]),
        "poll_url": reverse("api_turn", args=[room.last_turn_id]),
        "retry_url": reverse("candidate_retry", args=[interview.pk]),
        "adjustment_url": reverse("candidate_adjustment", args=[interview.pk]),
    }
    return page(request, interview, "room", status, **(room.context() | urls | context))


def _too_late(request: HttpRequest, interview: Interview, text: str) -> HttpResponse:
    """No question is open any more: what was typed is given back in the last field."""
    form = ReviewAndSubmitForm({"closing": text})
    form.add_error(None, selectors.ANSWER_ERRORS["late"])
    return _review(request, interview, form, 409)


@require_http_methods(["POST"])
@with_interview
def answer(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Send an answer with a plain form. The key is the turn's id, so that a second tab can't answer twice."""
    if interview.status != Interview.Status.IN_PROGRESS:
        return see("candidate_home", interview)
    text = request.POST.get("answer", "")
    try:
        ratelimit.hit("answer", str(interview.pk), "60/minute")
        key = UUID(request.POST.get("idempotency_key", ""))
        turns.submit_answer(interview=interview, answer=text, idempotency_key=key, turn_id=key)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except turns.EmptyAnswer:
        return _room(request, interview, 400, answer_error=selectors.ANSWER_ERRORS["empty"], draft=text)
    except turns.AnswerTooLong:
        return _room(request, interview, 400, answer_error=selectors.ANSWER_ERRORS["long"], draft=text)
    except turns.AnswerNotText:
        return _room(request, interview, 400, answer_error=selectors.ANSWER_ERRORS["text"], draft=turns.printable(text))
    except turns.NoSuchTurn as error:
        raise Http404 from error
    except quota.QuotaExhausted:
        opening.tell_quota_exhausted(interview)
        return _room(request, interview, 409, answer_error=selectors.ANSWER_ERRORS["quota"], draft=text)
    except (turns.AnswerConflict, turns.NothingToAnswer, ValueError):
        return _room(request, interview, 409, answer_error=selectors.ANSWER_ERRORS["conflict"], unsent=text)
    return see("candidate_home", interview)


@require_http_methods(["POST"])
@with_interview
def draft(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Keep what is typed so far; a script asks for no page back."""
    quiet = "application/json" in request.headers.get("Accept", "")
    try:
        ratelimit.hit("draft", str(interview.pk), "120/minute")
        _keep(request, interview)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except ValueError:
        if quiet:
            return HttpResponse(status=400)
        return _room(request, interview, 400, answer_error=selectors.ANSWER_ERRORS["draft"])
    return HttpResponse(status=204) if quiet else see("candidate_home", interview)


def _keep(request: HttpRequest, interview: Interview) -> None:
    """:raises ValueError: for a text that could not be sent either, or a key that is none."""
    if "closing" in request.POST:
        submission.save_closing_draft(interview, request.POST["closing"])
        return
    turn_id = UUID(request.POST.get("idempotency_key", ""))
    turns.save_draft(interview=interview, turn_id=turn_id, text=request.POST.get("answer", ""))


@require_http_methods(["POST"])
@with_interview
def retry(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Ask for the failed reply again."""
    failed = selectors.failed_turn(interview)
    try:
        ratelimit.hit("retry", str(interview.pk), "20/minute")
        if failed is not None:
            turns.retry(turn_id=failed.pk, interview_id=interview.pk)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except TransitionNotAllowed:
        pass  # another tab was faster
    return see("candidate_home", interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def review(request: HttpRequest, interview: Interview) -> HttpResponse:
    """All answers once more, a free last field, and the button that submits."""
    room = selectors.room(interview) if interview.status == Interview.Status.IN_PROGRESS else None
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
    return _review(request, interview, form, 400 if form.is_bound else 200)


def _review(request: HttpRequest, interview: Interview, form: ReviewAndSubmitForm, status: int) -> HttpResponse:
    urls = {
        "submit_url": reverse("candidate_review", args=[interview.pk]),
        "draft_url": reverse("candidate_draft", args=[interview.pk]),
    }
    return page(request, interview, "review", status, form=form, **urls, **selectors.review(interview))
