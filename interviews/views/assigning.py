"""The portal's assignments: who works on a job, and who rates an interview."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.roles import Permission
from interviews.forms import AssignForm
from interviews.services import assignments
from interviews.views.staff import staff


@require_POST
@staff
def assign_job(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    def act(user_id: UUID) -> None:
        assignments.assign_job(job_id=job_id, user_id=user_id, by=user)

    return _assign(request, user, act, _job(job_id))


@require_POST
@staff
def unassign_job(request: HttpRequest, user: User, job_id: UUID, user_id: UUID) -> HttpResponse:
    assignments.unassign_job(job_id=job_id, user_id=user_id, by=user)
    return _see(_job(job_id))


@require_POST
@staff
def assign_interview(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    def act(user_id: UUID) -> None:
        assignments.assign_interview(interview_id=interview_id, user_id=user_id, by=user)

    return _assign(request, user, act, _interview(interview_id))


@require_POST
@staff
def unassign_interview(request: HttpRequest, user: User, interview_id: UUID, user_id: UUID) -> HttpResponse:
    assignments.unassign_interview(interview_id=interview_id, user_id=user_id, by=user)
    return _see(_interview(interview_id))


def _assign(request: HttpRequest, user: User, act: Callable[[UUID], None], back: str) -> HttpResponse:
    user.require(Permission.ASSIGN)
    form = AssignForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a person."))
        return _see(back)
    try:
        act(form.cleaned_data["user"])
    except assignments.CannotAssign as error:
        messages.error(request, str(error))
    return _see(back)


def _job(job_id: UUID) -> str:
    return f"{reverse('portal_job', args=[job_id])}?tab=people"


def _interview(interview_id: UUID) -> str:
    return reverse("portal_interview", args=[interview_id])


def _see(address: str) -> HttpResponse:
    response = redirect(address)
    response.status_code = 303
    return response
