"""The candidate's pages: landing, consent, room, review. Plain forms; everything works without scripts."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.services import quota
from compliance.services import consent
from core import audit, ratelimit, tenancy
from core.state import TransitionNotAllowed
from interviews import selectors
from interviews.forms import AdjustmentForm, ConsentForm, ReviewAndSubmitForm
from interviews.models import Interview
from interviews.services import links, opening, submission, turns

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Interview, P], HttpResponse]


def cookie_of(request: HttpRequest) -> str | None:
    return request.COOKIES.get(settings.CANDIDATE_COOKIE_NAME)


def limited(request: HttpRequest, error: ratelimit.TooMany) -> HttpResponse:
    context = {"retry_after_seconds": error.retry_after}
    response = render(request, "interviews/candidate/limited.html", context, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange the link's secret for a cookie and leave the URL. Writes nothing."""
    try:
        ratelimit.hit("link", request.META.get("REMOTE_ADDR", ""), "60/minute")
        invitation = links.exchange(token=token)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except links.LinkNotValid:
        return render(request, "interviews/candidate/gone.html", _frame() | {"reason": "revoked"}, status=404)
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


def with_interview(view: Callable[Concatenate[HttpRequest, Interview, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Find the interview that the browser's cookie may see; anything else is a 404."""

    @wraps(view)
    def find(request: HttpRequest, interview_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            interview = links.interview_of_cookie(cookie=cookie_of(request), interview_id=interview_id)
        except links.LinkNotValid as error:
            raise Http404 from error
        audit.actor.set(audit.Actor("candidate", interview.subject_id))
        return view(request, interview, *args, **kwargs)

    return find


def _frame(interview: Interview | None = None) -> dict[str, Any]:
    tenant = tenancy.current()
    title = interview.application.job.title if interview else ""
    notice_url = reverse("candidate_notice", args=[interview.pk]) if interview else ""
    return {
        "job_title": title,
        "company": tenant.name,
        "contact_email": tenant.contact_email,
        "privacy_url": notice_url,
    }


def _page(request: HttpRequest, interview: Interview, name: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"interviews/candidate/{name}.html", _frame(interview) | context, status=status)


def _see(name: str, interview: Interview) -> HttpResponse:
    response = redirect(name, interview.pk)
    response.status_code = 303
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def home(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Wherever the interview stands: landing, consent, ready, room, review, or how it ended."""
    status = Interview.Status(interview.status)
    if status in (Interview.Status.INVITED, Interview.Status.OPENED) and selectors.is_expired(interview):
        return _page(request, interview, "gone", 410, reason="expired")
    if request.method == "POST":
        return _go_on(request, interview)
    match status:
        case Interview.Status.INVITED | Interview.Status.OPENED:
            return _page(request, interview, "landing", **selectors.landing(interview))
        case Interview.Status.CONSENTED:
            return _see("candidate_ready", interview)
        case Interview.Status.IN_PROGRESS | Interview.Status.PAUSED:
            return _room(request, interview)
        case Interview.Status.COMPLETED:
            return _page(request, interview, "done", **selectors.receipt(interview))
        case Interview.Status.DECLINED:
            return _page(request, interview, "declined", changed_mind_url="")
    return _page(request, interview, "gone", 410, reason=status.value)


def _go_on(request: HttpRequest, interview: Interview) -> HttpResponse:
    try:
        opening.open_interview(interview, cookie=cookie_of(request))
    except TransitionNotAllowed:
        return _see("candidate_home", interview)
    return _see("candidate_consent", interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def consent_page(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Notice and separate ticks; a person and an adjustment are asked for with equal weight."""
    if interview.status != Interview.Status.OPENED:
        return _see("candidate_home", interview)
    notice, form = opening.consent_notice(), ConsentForm(request.POST or None)
    choice = request.POST.get("choice", "")
    if request.method == "POST" and choice == "human":
        return _ask_for_a_person(interview)
    if request.method == "POST" and choice == "adjustment":
        return _see("candidate_adjustment", interview)
    if request.method == "POST" and form.is_valid():
        return _give_consent(request, interview, form)
    status = 400 if request.method == "POST" else 200
    if request.method != "POST":
        form = ConsentForm()
    context = {"form": form, "notice_text": notice.text, "notice_version": notice.version}
    return _page(request, interview, "consent", status, **context)


def _give_consent(request: HttpRequest, interview: Interview, form: ConsentForm) -> HttpResponse:
    given = opening.Consented(form.cleaned_data["ai_evaluation"], form.cleaned_data["keep_for_other_roles"])
    try:
        opening.give_consent(interview, given=given)
    except (TransitionNotAllowed, consent.ConsentRequired):
        return _see("candidate_home", interview)
    return _see("candidate_ready", interview)


def _ask_for_a_person(interview: Interview) -> HttpResponse:
    with suppress(TransitionNotAllowed):  # they asked before, or went on in another tab: the home page says
        opening.ask_for_a_person(interview)
    return _see("candidate_home", interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def adjustment(request: HttpRequest, interview: Interview) -> HttpResponse:
    if interview.status in Interview.CLOSED:
        return _see("candidate_home", interview)
    form, submitted = AdjustmentForm(request.POST if request.method == "POST" else None), False
    if request.method == "POST" and form.is_valid():
        try:
            ratelimit.hit("adjustment", str(interview.pk), "5/hour")
        except ratelimit.TooMany as error:
            return limited(request, error)
        opening.ask_for_adjustment(interview, time_factor=form.time_factor, detail=form.detail)
        submitted = True
    status = 400 if form.is_bound and not submitted else 200
    context = {"form": form, "submitted": submitted, "back_url": reverse("candidate_home", args=[interview.pk])}
    if interview.status == Interview.Status.OPENED:
        context["back_url"] = reverse("candidate_consent", args=[interview.pk])
    return _page(request, interview, "adjustment", status, **context)


@require_safe
@with_interview
def notice(request: HttpRequest, interview: Interview) -> HttpResponse:
    """How the candidate's data is used, to read again at any time."""
    shown = opening.consent_notice()
    context = {"notice_text": shown.text, "notice_version": shown.version}
    return _page(request, interview, "notice", back_url=reverse("candidate_home", args=[interview.pk]), **context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def ready(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Nothing starts until this form is sent."""
    if interview.status != Interview.Status.CONSENTED:
        return _see("candidate_home", interview)
    if selectors.is_expired(interview):
        return _page(request, interview, "gone", 410, reason="expired")
    if request.method != "POST":
        return _page(request, interview, "ready", **selectors.plan(interview))
    try:
        opening.start(interview)
    except quota.QuotaExhausted:
        opening.tell_quota_exhausted(interview)
        retry_url = reverse("candidate_ready", args=[interview.pk])
        return _page(request, interview, "quota", 503, retry_url=retry_url)
    except opening.CannotStart:
        pass
    return _see("candidate_home", interview)


def _room(request: HttpRequest, interview: Interview, status: int = 200, **context: Any) -> HttpResponse:
    room = selectors.room(interview)
    if room.to_review:
        return _see("candidate_review", interview)
    urls = {
        "answer_url": reverse("candidate_answer", args=[interview.pk]),
        "draft_url": reverse("candidate_draft", args=[interview.pk]),
        "poll_url": reverse("api_turn", args=[room.last_turn_id]),
        "retry_url": reverse("candidate_retry", args=[interview.pk]),
        "adjustment_url": reverse("candidate_adjustment", args=[interview.pk]),
    }
    return _page(request, interview, "room", status, **(room.context() | urls | context))


@require_http_methods(["POST"])
@with_interview
def answer(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Send an answer with a plain form. The key is the turn's id, so that a second tab can't answer twice."""
    if interview.status != Interview.Status.IN_PROGRESS:
        return _see("candidate_home", interview)
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
    except (turns.AnswerConflict, turns.NothingToAnswer, ValueError):
        return _room(request, interview, 409, answer_error=selectors.ANSWER_ERRORS["conflict"], unsent=text)
    return _see("candidate_home", interview)


@require_http_methods(["POST"])
@with_interview
def draft(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Keep what is typed so far; a script asks for no page back."""
    quiet = "application/json" in request.headers.get("Accept", "")
    try:
        ratelimit.hit("draft", str(interview.pk), "120/minute")
        turn_id = UUID(request.POST.get("idempotency_key", ""))
        turns.save_draft(interview=interview, turn_id=turn_id, text=request.POST.get("answer", ""))
    except ratelimit.TooMany as error:
        return limited(request, error)
    except ValueError:
        if quiet:
            return HttpResponse(status=400)
        return _room(request, interview, 400, answer_error=selectors.ANSWER_ERRORS["draft"])
    return HttpResponse(status=204) if quiet else _see("candidate_home", interview)


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
    return _see("candidate_home", interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def review(request: HttpRequest, interview: Interview) -> HttpResponse:
    """All answers once more, a free last field, and the button that submits."""
    room = selectors.room(interview) if interview.status == Interview.Status.IN_PROGRESS else None
    if room is None or not room.to_review:
        return _see("candidate_home", interview)
    form = ReviewAndSubmitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            submission.submit(interview, closing=form.cleaned_data["closing"])
            return _see("candidate_home", interview)
        except (submission.NotFinished, TransitionNotAllowed):
            return _see("candidate_home", interview)
        except ValueError:
            form.add_error("closing", selectors.ANSWER_ERRORS["text"])
    status = 400 if form.is_bound else 200
    return _page(request, interview, "review", status, form=form, draft_url="", **selectors.review(interview))
