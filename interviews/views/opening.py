"""Before the first question: notice and consent, adjustments, the start."""

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from billing.services import quota
from compliance.services import consent
from core import ratelimit
from core.state import TransitionNotAllowed
from interviews import selectors
from interviews.forms import AdjustmentForm, ConsentForm
from interviews.models import CandidateRequest, Interview
from interviews.services import opening
from interviews.views.frame import limited, page, see, see_sent, was_sent, with_interview


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def consent_page(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Notice and separate ticks; a person and an adjustment are asked for with equal weight."""
    if interview.status != Interview.Status.OPENED:
        return see("candidate_home", interview)
    notice, form = opening.consent_notice(), ConsentForm(request.POST or None)
    choice = request.POST.get("choice", "")
    if request.method == "POST" and choice == "human":
        return _ask_for_a_person(interview)
    if request.method == "POST" and choice == "adjustment":
        return see("candidate_adjustment", interview)
    if request.method == "POST" and form.is_valid():
        return _give_consent(request, interview, form)
    status = 400 if request.method == "POST" else 200
    if request.method != "POST":
        form = ConsentForm()
    context: dict[str, Any] = {"form": form, "notice_text": notice.text, "notice_version": notice.version}
    return page(request, interview, "consent", status, **context)


def _give_consent(request: HttpRequest, interview: Interview, form: ConsentForm) -> HttpResponse:
    given = opening.Consented(form.cleaned_data["ai_evaluation"], form.cleaned_data["keep_for_other_roles"])
    try:
        opening.give_consent(interview, given=given)
    except (TransitionNotAllowed, consent.ConsentRequired):
        return see("candidate_home", interview)
    return see("candidate_ready", interview)


def _ask_for_a_person(interview: Interview) -> HttpResponse:
    with suppress(TransitionNotAllowed):  # they asked before, or went on in another tab: the home page says
        opening.ask_for_a_person(interview)
    return see("candidate_home", interview)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def adjustment(request: HttpRequest, interview: Interview) -> HttpResponse:
    if interview.status in Interview.CLOSED:
        return see("candidate_home", interview)
    form = AdjustmentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ratelimit.hit("adjustment", str(interview.pk), "5/hour")
        except ratelimit.TooMany as error:
            return limited(request, error)
        opening.ask_for_adjustment(interview, time_factor=form.time_factor, detail=form.detail, breaks=form.breaks)
        return see_sent("candidate_adjustment", interview)
    context: dict[str, Any] = {
        "form": form,
        "submitted": was_sent(request) and selectors.has_asked(interview, CandidateRequest.Kind.ADJUSTMENT),
        "running": interview.status not in Interview.BEFORE_START,
        "back_url": reverse("candidate_home", args=[interview.pk]),
    }
    if interview.status == Interview.Status.OPENED:
        context["back_url"] = reverse("candidate_consent", args=[interview.pk])
    return page(request, interview, "adjustment", 400 if form.is_bound else 200, **context)


@require_safe
@with_interview
def notice(request: HttpRequest, interview: Interview) -> HttpResponse:
    """How the candidate's data is used, to read again at any time."""
    shown = opening.consent_notice()
    context: dict[str, Any] = {"notice_text": shown.text, "notice_version": shown.version}
    return page(request, interview, "notice", back_url=reverse("candidate_home", args=[interview.pk]), **context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_interview
def ready(request: HttpRequest, interview: Interview) -> HttpResponse:
    """Nothing starts until this form is sent."""
    if interview.status != Interview.Status.CONSENTED:
        return see("candidate_home", interview)
    if selectors.is_expired(interview):
        return page(request, interview, "gone", 410, reason="expired")
    if request.method != "POST":
        return page(request, interview, "ready", **selectors.plan(interview))
    try:
        opening.start(interview)
    except quota.QuotaExhausted:
        will_be_told = opening.tell_quota_exhausted(interview)
        retry_url = reverse("candidate_ready", args=[interview.pk])
        return page(request, interview, "quota", 409, retry_url=retry_url, will_be_told=will_be_told)
    except opening.CompanyCloses:
        return page(request, interview, "gone", 410, reason="closing")
    except opening.CannotStart:
        pass
    return see("candidate_home", interview)
