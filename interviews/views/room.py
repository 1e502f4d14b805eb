"""The room: the open question, answers, drafts, and its state for a page that stands open."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.services import quota
from core import clock, ratelimit
from core.state import TransitionNotAllowed
from interviews import selectors
from interviews.forms import ReviewAndSubmitForm
from interviews.models import Interview
from interviews.services import drafts, opening, turns
from interviews.views import ending
from interviews.views.frame import limited, page, see, see_now, with_interview


def show(request: HttpRequest, interview: Interview, status: int = 200, **context: Any) -> HttpResponse:
    """The running interview, or the review of all answers when no question is open."""
    room = selectors.room(interview)
    if room.to_review:
        late = context.get("unsent") or context.get("draft")
        return _too_late(request, interview, late) if late else see("candidate_review", interview)
    urls = {
        f"{name}_url": reverse(f"candidate_{name}", args=[interview.pk])
        for name in ("home", "answer", "draft", "state", "retry", "adjustment", "pause", "skip", "flag", "help")
    }
    urls["poll_url"] = reverse("api_turn", args=[room.last_turn_id])
    # Another address each time: led to the one it shows, a browser stays where it was, or loads nothing.
    urls["refresh_url"] = f"{urls['home_url']}?at={clock.now():%H%M%S}#now"
    urls["ticket_url"] = reverse("api_ticket", args=[interview.pk])
    return page(request, interview, "room", status, **(room.context() | urls | context))


def show_paused(request: HttpRequest, interview: Interview, status: int = 200, **context: Any) -> HttpResponse:
    """The clock stands; the questions are back with the resume."""
    urls = {
        f"{name}_url": reverse(f"candidate_{name}", args=[interview.pk]) for name in ("resume", "help", "adjustment")
    }
    return page(request, interview, "paused", status, **(selectors.pause(interview) | urls | context))


def _too_late(request: HttpRequest, interview: Interview, text: str) -> HttpResponse:
    """No question is open any more: what was typed is given back in the last field."""
    form = ReviewAndSubmitForm({"closing": text})
    form.add_error(None, selectors.ANSWER_ERRORS["late"])
    return ending.show_review(request, interview, form, 409)


@require_http_methods(["POST"])
@with_interview
def answer(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Send an answer with a plain form. The key is the turn's id, so that a second tab can't answer twice."""
    text, errors = request.POST.get("answer", ""), selectors.ANSWER_ERRORS
    try:
        ratelimit.hit("answer", str(interview.pk), "60/minute")
        if interview.status == Interview.Status.PAUSED:
            return _refuse_paused(request, interview, text)
        if interview.status != Interview.Status.IN_PROGRESS:
            return see_now(interview)
        key = UUID(request.POST.get("idempotency_key", ""))
        turns.submit_answer(interview=interview, answer=text, idempotency_key=key, turn_id=key)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except turns.EmptyAnswer:
        return show(request, interview, 400, answer_error=errors["empty"], draft=text)
    except turns.AnswerTooLong:
        return show(request, interview, 400, answer_error=errors["long"], draft=text)
    except turns.AnswerNotText:
        return show(request, interview, 400, answer_error=errors["text"], draft=turns.printable(text))
    except turns.NoSuchTurn as error:
        raise Http404 from error
    except quota.QuotaExhausted:
        opening.tell_quota_exhausted(interview)
        return show(request, interview, 409, answer_error=errors["quota"], draft=text)
    except (turns.AnswerConflict, turns.NothingToAnswer, ValueError):
        return _refuse_late(request, interview, text)
    return see_now(interview)


def _refuse_late(request: HttpRequest, interview: Interview, text: str) -> HttpResponse:
    """The question was answered, or the interview was paused, in another tab."""
    interview.refresh_from_db()
    if interview.status == Interview.Status.PAUSED:
        return _refuse_paused(request, interview, text)
    if interview.status != Interview.Status.IN_PROGRESS:
        return see_now(interview)
    return show(request, interview, 409, answer_error=selectors.ANSWER_ERRORS["conflict"], unsent=text)


def _refuse_paused(request: HttpRequest, interview: Interview, text: str) -> HttpResponse:
    """Nothing is answered while the clock stands; the words become the draft, and are shown."""
    with suppress(drafts.StaleDraft, drafts.TurnIsOver, turns.NoSuchTurn, ValueError):  # the page shows them anyway
        _save(request, interview)
    context = {"answer_error": selectors.ANSWER_ERRORS["paused"], "unsent": turns.printable(text)}
    return show_paused(request, interview, 409, **context)


@require_http_methods(["POST"])
@with_interview
def draft(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Keep what is typed so far: JSON for a script, a page for a form."""
    quiet = "application/json" in request.headers.get("Accept", "")
    try:
        ratelimit.hit("draft", str(interview.pk), "120/minute")
        saved = _save(request, interview)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except drafts.StaleDraft as error:
        return _held(error.newer, 409) if quiet else _show_stale(request, interview, error.newer)
    except drafts.TurnIsOver:
        return HttpResponse(status=410) if quiet else _show_moved(request, interview)
    except turns.NoSuchTurn as error:
        raise Http404 from error
    except ValueError as error:
        reason = _reason(error)
        return JsonResponse({"reason": reason}, status=400) if quiet else _show_refused(request, interview, reason)
    return _held(saved) if quiet else see_now(interview)


def _save(request: HttpRequest, interview: Interview) -> drafts.Draft:
    """:raises ValueError: for a text that could not be sent either, or a key or version that is none."""
    version = int(request.POST.get("draft_version", ""))
    if "closing" in request.POST:
        return drafts.save_closing(interview=interview, text=request.POST["closing"], version=version)
    turn_id = UUID(request.POST.get("idempotency_key", ""))
    return drafts.save(interview=interview, turn_id=turn_id, text=request.POST.get("answer", ""), version=version)


def _held(held: drafts.Draft, status: int = 200) -> HttpResponse:
    saved_at = held.saved_at.isoformat() if held.saved_at else None
    return JsonResponse({"version": held.version, "text": held.text, "saved_at": saved_at}, status=status)


def _typed(request: HttpRequest) -> str:
    return turns.printable(request.POST.get("closing", request.POST.get("answer", "")))


def _show_stale(request: HttpRequest, interview: Interview, newer: drafts.Draft) -> HttpResponse:
    """Both texts: what was typed here stays in the box, and its next save is based on the newer one."""
    if interview.status == Interview.Status.PAUSED:
        return show_paused(request, interview, 409, unsent=_typed(request))
    if "closing" in request.POST:
        form = ReviewAndSubmitForm({"closing": _typed(request)})
        form.add_error(None, selectors.ANSWER_ERRORS["stale"])
        return ending.show_review(request, interview, form, 409, newer=newer.text)
    context = {"draft": _typed(request), "draft_version": newer.version, "newer": newer}
    return show(request, interview, 409, draft_saved_at=None, **context)


def _show_moved(request: HttpRequest, interview: Interview) -> HttpResponse:
    if interview.status != Interview.Status.IN_PROGRESS:
        return see_now(interview)
    return show(request, interview, 409, answer_error=selectors.ANSWER_ERRORS["moved"], unsent=_typed(request))


def _reason(error: ValueError) -> str:
    """Why a draft was refused, as the page's script and the messages know it."""
    return {turns.AnswerTooLong: "draft_long", turns.AnswerNotText: "draft_text"}.get(type(error), "draft")


def _show_refused(request: HttpRequest, interview: Interview, reason: str) -> HttpResponse:
    if interview.status != Interview.Status.IN_PROGRESS:
        return see_now(interview)
    return show(request, interview, 400, answer_error=selectors.ANSWER_ERRORS[reason], draft=_typed(request))


@require_safe
@with_interview
def state(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Where the interview stands, for a page that is open: another tab or device may have gone on."""
    return JsonResponse(selectors.state(interview))


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
    return see_now(interview)
