"""What people do about feedback: rule on a contest, release a letter, read what candidates say in sums."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from interviews.forms import LetterForm, RulingForm
from interviews.services import feedback, reading, rulings, standing
from interviews.views.staff import staff


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def contest(request: HttpRequest, user: User, contest_id: UUID) -> HttpResponse:
    """The contest, and the form that rules on it."""
    if request.method != "POST":
        return _contest(request, user, contest_id, RulingForm())
    form = RulingForm(request.POST)
    if not form.is_valid():
        return _contest(request, user, contest_id, form, 400)
    try:
        rulings.rule(contest_id=contest_id, by=user, **form.cleaned_data)
    except rulings.RulingMissing:
        form.add_error("ruling", _("Write the reason in plain text."))
        return _contest(request, user, contest_id, form, 400)
    except rulings.AlreadyRuled:
        messages.error(request, _("Somebody ruled on this meanwhile. This is what they said."))
    except standing.Withdrawn:
        messages.error(request, _("The candidate withdrew. There is nothing to rule on any more."))
    return _see("portal_contest", contest_id)


def _contest(request: HttpRequest, user: User, contest_id: UUID, form: RulingForm, status: int = 200) -> HttpResponse:
    shown = {"contest": rulings.open_contest(contest_id=contest_id, by=user), "form": form}
    return render(request, "interviews/portal/contest.html", shown, status=status)


@require_POST
@staff
def release_letter(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """Let the candidate read the letter that was looked at."""
    form = LetterForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else ""
    try:
        feedback.release(interview_id=interview_id, by=user, seen=seen)
        messages.success(request, _("The candidate can read the letter now, and gets a mail that says so."))
    except feedback.NotReleasable as error:
        messages.error(request, error.reason)
    except feedback.LetterChanged:
        messages.error(request, _("The letter changed meanwhile. Look at it again; nothing was released."))
    except standing.Withdrawn:
        messages.error(request, _("The candidate withdrew. Nothing was released."))
    return _see("portal_interview", interview_id)


@require_safe
@staff
def job_feedback(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    """What the job's candidates say about its interviews, in sums."""
    return render(request, "interviews/portal/job_feedback.html", reading.job_feedback(by=user, job_id=job_id))


def _see(name: str, row_id: UUID) -> HttpResponse:
    response = redirect(name, row_id)
    response.status_code = 303
    return response
