"""The portal's form for a job's settings: what costs calls to a model, and when."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.roles import Permission
from interviews.forms import JobSettingsForm
from interviews.selectors import portal as lists
from interviews.services import jobs
from interviews.views.staff import staff


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def change(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    user.require(Permission.MANAGE_JOBS)
    if request.method != "POST":
        return _form(request, user, job_id, JobSettingsForm(initial=lists.job_settings(job_id, viewer=user)))
    form = JobSettingsForm(request.POST)
    if not form.is_valid():
        return _form(request, user, job_id, form, status=400)
    follows = form.cleaned_data.pop("follows")
    try:
        version = jobs.change_settings(
            job_id=job_id, follows=follows, settings=jobs.Settings(**form.cleaned_data), by=user
        )
    except jobs.ChangedMeanwhile:
        messages.error(request, _("Somebody published a newer version meanwhile. These are its settings."))
        return _see(reverse("portal_job_settings", args=[job_id]))
    if version.number != follows:
        messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return _see(f"{reverse('portal_job', args=[job_id])}?tab=settings")


def _form(request: HttpRequest, user: User, job_id: UUID, form: JobSettingsForm, *, status: int = 200) -> HttpResponse:
    context = {"job": lists.job(job_id, viewer=user), "form": form}
    return render(request, "interviews/portal/job_settings.html", context, status=status)


def _see(address: str) -> HttpResponse:
    response = redirect(address)
    response.status_code = 303
    return response
