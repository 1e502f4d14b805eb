"""The candidate's way: the link, and the page it leads to. Plain forms; everything works without scripts."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from core import ratelimit
from core.state import TransitionNotAllowed
from interviews import selectors
from interviews.models import Interview
from interviews.services import links, opening
from interviews.views import ending, room
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
        case Interview.Status.IN_PROGRESS:
            return room.show(request, interview)
        case Interview.Status.PAUSED:
            return room.show_paused(request, interview)
        case Interview.Status.COMPLETED | Interview.Status.ABANDONED | Interview.Status.WITHDRAWN:
            return ending.show_status(request, interview)
        case Interview.Status.DECLINED:
            return page(request, interview, "declined", changed_mind_url="")
    return page(request, interview, "gone", 410, reason=status.value)


def _go_on(request: HttpRequest, interview: Interview) -> HttpResponse:
    try:
        opening.open_interview(interview)
    except TransitionNotAllowed:
        return see("candidate_home", interview)
    return see("candidate_consent", interview)
