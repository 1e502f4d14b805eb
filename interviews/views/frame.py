"""What every candidate page shares: who may see it, its frame, and how it answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from core import audit, ratelimit, tenancy
from interviews.models import Interview
from interviews.services import links

P = ParamSpec("P")
SENT = "sent"
SHOWN = ("application__job", "version")  # what the frame of each page shows of an interview
View = Callable[Concatenate[HttpRequest, Interview, P], HttpResponse]


def cookie_of(request: HttpRequest) -> str | None:
    return request.COOKIES.get(settings.CANDIDATE_COOKIE_NAME)


def limited(request: HttpRequest, error: ratelimit.TooMany) -> HttpResponse:
    context = {"retry_after_seconds": error.retry_after}
    response = render(request, "interviews/candidate/limited.html", context, status=429)
    response["Retry-After"] = str(error.retry_after)
    return response


def with_interview(view: Callable[Concatenate[HttpRequest, Interview, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Find the interview that the browser's cookie may see; anything else is a 404."""

    @wraps(view)
    def find(request: HttpRequest, interview_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            invitation = links.invitation_of_cookie(cookie=cookie_of(request), interview_id=interview_id, related=SHOWN)
        except links.LinkNotValid as error:
            raise Http404 from error
        if request.method == "POST":
            links.use(invitation)
        interview = invitation.interview
        audit.actor.set(audit.Actor("candidate", interview.subject_id))
        return view(request, interview, *args, **kwargs)

    return find


def frame(interview: Interview | None = None) -> dict[str, Any]:
    tenant = tenancy.current()
    title = interview.application.job.title if interview else ""
    notice_url = reverse("candidate_notice", args=[interview.pk]) if interview else ""
    return {
        "job_title": title,
        "company": tenant.name,
        "contact_email": tenant.contact_email,
        "privacy_url": notice_url,
    }


def page(request: HttpRequest, interview: Interview, name: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"interviews/candidate/{name}.html", frame(interview) | context, status=status)


def see(name: str, interview: Interview, *more: str, after: str = "") -> HttpResponse:
    """A 303 to this page of the interview; `after` is what follows its path: "?…" or "#…"."""
    response = redirect(reverse(name, args=[interview.pk, *more]) + after)
    response.status_code = 303
    return response


def see_sent(name: str, interview: Interview, *more: str) -> HttpResponse:
    """A 303 from a form that was taken to its page that says so, which can be loaded again without sending anything."""
    return see(name, interview, *more, after=f"?{SENT}")


def was_sent(request: HttpRequest) -> bool:
    return request.method != "POST" and SENT in request.GET


def see_now(interview: Interview) -> HttpResponse:
    """To wherever the interview stands; in the room, to what was said last."""
    return see("candidate_home", interview, after="#now")
