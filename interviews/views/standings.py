"""A job's standings, and scoring anew under its current scorecard."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from interviews.services import rescoring
from interviews.services import standings as service
from interviews.views import plan_page
from interviews.views.staff import staff


@require_safe
@staff
def show(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    return _page(request, user, job_id)


@require_POST
@staff
def rescore(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    """Have the interviews of the form scored anew."""
    try:
        chosen = [UUID(given) for given in request.POST.getlist("interview")]
        done = rescoring.rescore(job_id=job_id, interviews=chosen, by=user)
    except (ValueError, rescoring.TooMany):
        messages.error(request, _("Choose up to %s interviews of this page.") % rescoring.MOST)
        return _page(request, user, job_id, status=400)
    if done.owed:
        said = ngettext("%s interview is being scored anew.", "%s interviews are being scored anew.", done.owed)
        messages.success(request, said % done.owed)
    if done.kept:
        said = ngettext(
            "%s interview keeps its score: it is decided on, being evaluated, or by the current rubric already.",
            "%s interviews keep their scores: they are decided on, being evaluated, or by the current rubric already.",
            done.kept,
        )
        messages.info(request, said % done.kept)
    return plan_page.see("portal_standings", job_id)


def _page(request: HttpRequest, user: User, job_id: UUID, *, status: int = 200) -> HttpResponse:
    found = service.standings(job_id=job_id, by=user)
    context = {
        "standings": found,
        "job": found.job,
        "tab": "standings",
        "may_rescore": user.may(Permission.MANAGE_JOBS) and user.may(Permission.DECIDE),
    }
    return render(request, "interviews/portal/standings.html", context, status=status)
