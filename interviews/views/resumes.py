"""The portal's page of a candidate's resume: the text, what is hidden in it, and what of it speaks to the job."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core import ratelimit
from interviews.services import resume_pages, resume_summaries, resume_uploads, resumes, standing
from interviews.services.resume_access import require_reader, require_uploader
from interviews.views.staff import staff

UPLOADS, QUESTIONS = "10/minute", "10/minute"


class ResumeForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Resume"),
        allow_empty_file=True,  # the reader says so itself
        help_text=gettext_lazy("One PDF or DOCX, at most 5 MB and 15 pages."),
        error_messages={"required": gettext_lazy("Choose a file: a PDF or a DOCX.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def resume(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return _page(request, user, interview_id, ResumeForm(), resume_id=_chosen(request))
    require_uploader(user)
    ratelimit.hit("resume", str(user.pk), UPLOADS)
    form = ResumeForm(request.POST, request.FILES)
    status = 400
    if len(request.FILES.getlist("file")) > 1:
        form.add_error("file", _("Choose one file; the others were not looked at."))
    elif form.is_valid():
        try:
            _upload(form.cleaned_data["file"], user, interview_id)
            return _see(interview_id)
        except resumes.Refused as refusal:
            form.add_error("file", str(refusal))
        except resume_uploads.Busy:
            form.add_error("file", _("Other resumes are being read at this moment. Upload it again in a minute."))
            status = 503
        except standing.Withdrawn:
            form.add_error(None, _("The candidate withdrew: nothing new is stored about them."))
            status = 409
    return _page(request, user, interview_id, form, status=status)


def _upload(file: UploadedFile, user: User, interview_id: UUID) -> None:
    content = file.read(resumes.MAX_BYTES + 1)
    resume_uploads.upload(interview_id=interview_id, content=content, filename=file.name or "", by=user)


@require_POST
@staff
def again(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    """Have the summary made, or made again."""
    require_reader(user)
    ratelimit.hit("resume-summary", str(user.pk), QUESTIONS)
    try:
        resume_summaries.ask_again(interview_id=interview_id, by=user)
    except resume_summaries.NothingToAsk:
        messages.info(request, _("There is nothing to ask for: it is under way, made, or waits for your own review."))
    except standing.Withdrawn:
        messages.error(request, _("The candidate withdrew: nothing new is stored about them."))
    return _see(interview_id)


@require_safe
@staff
def awaited(request: HttpRequest, user: User, interview_id: UUID) -> JsonResponse:
    """Whether the page still waits for a summary: it asks that here, so that looking again is no reading again."""
    found = resume_pages.is_awaited(by=user, interview_id=interview_id, resume_id=_chosen(request))
    return JsonResponse({"awaited": found})


def _chosen(request: HttpRequest) -> UUID | None:
    """An earlier upload, by its id.

    :raises Http404: if that is no id.
    """
    given = request.GET.get("upload")
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError as error:
        raise Http404 from error


def _page(
    request: HttpRequest, user: User, interview_id: UUID, form: ResumeForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    shown = resume_pages.open_resume(by=user, interview_id=interview_id, **more)
    return render(request, "interviews/portal/resume.html", shown | {"form": form}, status=status)


def _see(interview_id: UUID) -> HttpResponse:
    response = redirect("portal_resume", interview_id)
    response.status_code = 303
    return response
