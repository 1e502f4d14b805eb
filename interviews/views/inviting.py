"""The portal's invitations: a candidate's first link, and another one when it got lost."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from core import ratelimit
from interviews.forms import InviteForm
from interviews.selectors import portal as lists
from interviews.services import invitations
from interviews.views.staff import staff

RATE = "60/minute"


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def invite(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    user.require(Permission.INVITE)
    job, form = lists.job(job_id, viewer=user), InviteForm()
    if request.method != "POST":
        return _form(request, job, form)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _form(request, job, form, status=400)
    data = form.cleaned_data
    try:
        ratelimit.hit("invite", str(user.pk), RATE)
        invited = invitations.invite(
            job_id=job_id, name=data["name"], email=data["email"], days=data["days_valid"], by=user
        )
    except invitations.CannotInvite as error:
        form.add_error(None, str(error))
        return _form(request, job, form, status=400)
    return _shown_once(request, user, invited)


@require_POST
@staff
def new_link(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    user.require(Permission.INVITE)
    try:
        ratelimit.hit("invite", str(user.pk), RATE)
        invited = invitations.new_link(interview_id=interview_id, by=user, send_mail=True)
    except invitations.CannotInvite as error:
        messages.error(request, str(error))
        return redirect("portal_interview", interview_id)
    return _shown_once(request, user, invited)


def _form(request: HttpRequest, job: object, form: InviteForm, *, status: int = 200) -> HttpResponse:
    return render(request, "interviews/portal/invite.html", {"job": job, "form": form}, status=status)


def _shown_once(request: HttpRequest, user: User, invited: invitations.Invited) -> HttpResponse:
    """The answer to the POST itself, never a page with an address: only a hash of the link is stored."""
    application = invited.interview.application
    context = {
        "job": lists.job(application.job_id, viewer=user),
        "invited": {
            "name": application.candidate.name,
            "email": application.candidate.email,
            "link": invited.url,
            "expires_at": invited.interview.expires_at,
        },
    }
    return render(request, "interviews/portal/invite.html", context)
