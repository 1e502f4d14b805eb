"""What a candidate may choose in the room: pause, skip, flag a question, get help."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.services import quota
from core import ratelimit
from core.state import TransitionNotAllowed
from interviews import selectors
from interviews.forms import FlagForm
from interviews.models import Interview
from interviews.services import opening, pauses, questions, turns
from interviews.views import room
from interviews.views.frame import limited, page, see_now, see_sent, was_sent, with_interview

RUNNING = (Interview.Status.IN_PROGRESS, Interview.Status.PAUSED)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def pause(request: HttpRequest, interview: Interview) -> HttpResponse:
    """What a pause is and how much is left; the form stops the clock."""
    if interview.status != Interview.Status.IN_PROGRESS:
        return see_now(interview)
    if request.method != "POST":
        return _pause_page(request, interview, 200)
    try:
        ratelimit.hit("pause", str(interview.pk), "20/minute")
        pauses.pause(interview)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except pauses.CannotPause:
        interview.refresh_from_db()
        return _pause_page(request, interview, 409)
    return see_now(interview)


def _pause_page(request: HttpRequest, interview: Interview, status: int) -> HttpResponse:
    context = selectors.pause(interview) | {"back_url": reverse("candidate_home", args=[interview.pk])}
    return page(request, interview, "pause", status, **context)


@require_http_methods(["POST"])
@with_interview
def resume(request: HttpRequest, interview: Interview) -> HttpResponse:
    """The clock goes on."""
    try:
        ratelimit.hit("pause", str(interview.pk), "20/minute")
        pauses.resume(interview)
    except ratelimit.TooMany as error:
        return limited(request, error)
    except TransitionNotAllowed:
        pass  # it ended meanwhile: its page says how
    return see_now(interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def skip(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Show the question once more and ask whether to leave it out."""
    if interview.status != Interview.Status.IN_PROGRESS:
        return see_now(interview)
    if request.method == "POST":
        return _skip(request, interview)
    turn = selectors.open_turn(interview)
    if turn is None:
        return see_now(interview)
    back_url = reverse("candidate_home", args=[interview.pk])
    return page(request, interview, "skip", question=turn.shown, draft=turn.draft, turn_id=turn.pk, back_url=back_url)


def _skip(request: HttpRequest, interview: Interview) -> HttpResponse:
    errors = selectors.ANSWER_ERRORS
    try:
        ratelimit.hit("answer", str(interview.pk), "60/minute")
        questions.skip(interview=interview, turn_id=UUID(request.POST.get("turn", "")))
    except ratelimit.TooMany as error:
        return limited(request, error)
    except (turns.NoSuchTurn, ValueError) as error:
        raise Http404 from error
    except quota.QuotaExhausted:
        opening.tell_quota_exhausted(interview)
        return room.show(request, interview, 409, answer_error=errors["quota"])
    except turns.NothingToAnswer:
        pass  # answered in another tab, or paused, or out of time: the page says
    return see_now(interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def flag(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Say that the open question does not fit. It stays open: to answer, or to skip."""
    turn = selectors.open_turn(interview, _turn_id(request))
    if interview.status != Interview.Status.IN_PROGRESS or turn is None:
        return see_now(interview)
    form = FlagForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ratelimit.hit("flag", str(interview.pk), "20/hour")
            questions.flag(interview=interview, turn_id=turn.pk, **form.cleaned_data)
            return see_sent("candidate_flag", interview)
        except ratelimit.TooMany as error:
            return limited(request, error)
        except ValueError:
            form.add_error("words", selectors.ANSWER_ERRORS["text"])
    context: dict[str, Any] = {
        "form": form,
        "flagged": was_sent(request) and hasattr(turn, "flag"),
        "question": turn.shown,
        "turn_id": turn.pk,
        "skip_url": reverse("candidate_skip", args=[interview.pk]),
        "back_url": reverse("candidate_home", args=[interview.pk]),
    }
    return page(request, interview, "flag", 400 if form.is_bound else 200, **context)


def _turn_id(request: HttpRequest) -> UUID | None:
    """The question that the form is about; None for the page that shows the form.

    :raises Http404: for a form without one.
    """
    if request.method != "POST":
        return None
    try:
        return UUID(request.POST.get("turn", ""))
    except ValueError as error:
        raise Http404 from error


@require_safe
@with_interview
def help_page(request: HttpRequest, interview: Interview) -> HttpResponse:
    """What to do when something does not work, and how to reach a person."""
    if interview.status not in RUNNING:
        return see_now(interview)
    names = {"back": "home", "adjustment": "adjustment", "pause": "pause", "withdraw": "withdraw"}
    context: dict[str, Any] = {
        f"{key}_url": reverse(f"candidate_{name}", args=[interview.pk]) for key, name in names.items()
    }
    context["talk_url"] = reverse("candidate_ask", args=[interview.pk, "talk"])
    return page(request, interview, "help", **context)
