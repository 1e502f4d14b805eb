"""Who could not begin for want of quota, and what a recruiter can do for them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from core import ratelimit
from interviews.services import invitations, turned_away
from interviews.views.inviting import RATE
from interviews.views.staff import staff

EXTENDS_DAYS = 14


@require_safe
@staff
def listing(request: HttpRequest, user: User) -> HttpResponse:
    context = turned_away.page(by=user) | {"days": EXTENDS_DAYS}
    return render(request, "interviews/portal/waiting.html", context)


@require_POST
@staff
def extend(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    try:
        ratelimit.hit("invite", str(user.pk), RATE)
        interview = invitations.extend(interview_id=interview_id, days=EXTENDS_DAYS, by=user)
        messages.success(request, _("They can begin until %(date)s.") % {"date": date_format(interview.expires_at)})
    except invitations.CannotInvite as error:
        messages.error(request, str(error))
    response = redirect("portal_waiting")
    response.status_code = 303
    return response
