"""Plans that somebody works on: begun, edited, drafted from a description. Everything works as plain forms."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from core import ratelimit
from interviews.models import PlanDraft
from interviews.plan_forms import AddForm, DescribeForm, DiscardForm, PlanForms, StartForm, Unreadable, pressed
from interviews.services import plan_drafts
from interviews.services.drafting import CannotDraft
from interviews.services.jobs import JobPlan, QuestionPlan
from interviews.services.plan_drafts import rows
from interviews.views import plan_page
from interviews.views.staff import staff

RATE = "20/hour"


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def new(request: HttpRequest, user: User) -> HttpResponse:
    """A plan for a new job, begun with its title."""
    user.require(Permission.MANAGE_JOBS)
    form = StartForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 400 if form.is_bound else 200
        return render(request, "interviews/portal/plan_new.html", {"form": form}, status=status)
    draft = plan_drafts.start(title=form.cleaned_data["title"], by=user)
    return plan_page.see("portal_plan", draft.pk)


@require_POST
@staff
def edit_next(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    """To the draft of the job's next version, which is begun if nobody has begun it."""
    return plan_page.see("portal_plan", plan_drafts.start_next(job_id=job_id, by=user).pk)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
@plan_page.while_there
def edit(request: HttpRequest, user: User, draft_id: UUID) -> HttpResponse:
    """The plan's form; every button of it saves what was typed."""
    user.require(Permission.MANAGE_JOBS)
    if request.method != "POST":
        return _kept(request, user, draft_id)
    try:
        forms, (do, place) = PlanForms.of_post(request.POST), pressed(request.POST)
    except Unreadable:
        messages.error(request, _("That could not be read, and nothing was saved. Change the plan once more."))
        return _kept(request, user, draft_id, status=400)
    try:
        if not forms.valid:
            return _typed(request, user, draft_id, forms, status=400)
        return _sent(request, user, draft_id, forms, do, place)
    except PlanDraft.DoesNotExist:
        return plan_page.vanished(request, forms)


def _sent(request: HttpRequest, user: User, draft_id: UUID, forms: PlanForms, do: str, place: int) -> HttpResponse:
    """The page after the button that was pressed; with what was typed, where it was not saved."""
    try:
        return _saved(request, user, draft_id, forms, do, place)
    except rows.CannotAdd as error:
        messages.error(request, str(error))
        return _typed(request, user, draft_id, forms, status=400)
    except plan_drafts.StaleDraft as error:
        return _typed(request, user, draft_id, forms, status=409, newer=error.newer)


def _kept(request: HttpRequest, user: User, draft_id: UUID, **how: Any) -> HttpResponse:
    """The page with the plan as it is kept."""
    opened = plan_drafts.open_draft(draft_id=draft_id, by=user)
    return plan_page.shown(request, opened, PlanForms.of_plan(opened.working.plan, opened.draft.revision), **how)


def _typed(request: HttpRequest, user: User, draft_id: UUID, forms: PlanForms, **how: Any) -> HttpResponse:
    """The page with what was sent and not saved."""
    opened = plan_drafts.open_draft(draft_id=draft_id, by=user)
    return plan_page.shown(request, opened, forms, remarks=False, **how)


def _saved(request: HttpRequest, user: User, draft_id: UUID, forms: PlanForms, do: str, place: int) -> HttpResponse:
    """:raises rows.CannotAdd, plan_drafts.StaleDraft: with nothing saved."""
    plan = _changed(forms.plan(), do, place, request.POST)
    revision = forms.head.cleaned_data["revision"]
    plan_drafts.save(draft_id=draft_id, revision=revision, plan=plan, by=user)
    if do == "check":
        return plan_page.see("portal_plan_publish", draft_id)
    if do == "save":
        messages.success(request, _("The draft is saved."))
    return plan_page.see("portal_plan", draft_id, after=_anchor(do, plan, place))


def _changed(plan: JobPlan, do: str, place: int, data: Any) -> JobPlan:
    """The plan with what the pressed button does to it.

    :raises rows.CannotAdd: if it can't.
    """
    match do:
        case "add_library":
            return rows.with_library(plan, data.get("from_library", ""))
        case "add_own":
            form = AddForm(data)
            form.is_valid()
            given = form.cleaned_data
            return rows.with_own(plan, given.get("own_name", ""), given.get("own_dimension") or "technical")
        case "add_question":
            return rows.with_question(plan, QuestionPlan("", ()))
        case "share_weights":
            return rows.shared_out(plan)
        case "remove_competency":
            return rows.without_competency(plan, place)
        case "remove_question":
            return rows.without_question(plan, place)
        case "earlier_question":
            return rows.earlier(plan, place)
    return plan


def _anchor(do: str, plan: JobPlan, place: int) -> str:
    """Where on the page what was done can be seen."""
    if do in ("add_library", "add_own"):
        return f"#c{len(plan.competencies) - 1}"
    if do == "add_question":
        return f"#q{len(plan.questions) - 1}"
    if do == "earlier_question":
        return f"#q{max(place - 1, 0)}"
    return {"remove_competency": "#competencies", "share_weights": "#competencies"}.get(
        do, "#questions" if do == "remove_question" else ""
    )


@require_POST
@staff
@plan_page.while_there
def describe(request: HttpRequest, user: User, draft_id: UUID) -> HttpResponse:
    """Replace competencies and questions by drafted ones."""
    user.require(Permission.MANAGE_JOBS)
    form = DescribeForm(request.POST)
    if not form.is_valid():
        return _kept(request, user, draft_id, status=400, describe=form)
    ratelimit.hit("plan_draft", str(user.pk), RATE)
    try:
        drafted = plan_drafts.describe(draft_id=draft_id, by=user, **form.cleaned_data)
    except plan_drafts.NothingMatched:
        form.add_error("description", _("No words of it speak for a competency. Describe the work, or choose by hand."))
    except CannotDraft as error:
        form.add_error("description", str(error) or _("No plan could be drafted from this. Choose by hand."))
    except plan_drafts.StaleDraft:
        form.add_error(None, _("Somebody saved this plan meanwhile, so nothing was replaced. Look at it first."))
        return _kept(request, user, draft_id, status=409, describe=form)
    else:
        messages.success(request, plan_page.told(drafted))
        return plan_page.see("portal_plan", draft_id)
    return _kept(request, user, draft_id, status=400, describe=form)


@require_POST
@staff
@plan_page.while_there
def discard(request: HttpRequest, user: User, draft_id: UUID) -> HttpResponse:
    """Remove the draft that was shown, and none that somebody saved since."""
    user.require(Permission.MANAGE_JOBS)
    form = DiscardForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("That could not be read, and nothing was discarded. Try once more."))
        return _kept(request, user, draft_id, status=400)
    try:
        draft = plan_drafts.discard(draft_id=draft_id, by=user, **form.cleaned_data)
    except plan_drafts.StaleDraft:
        messages.error(
            request, _("Somebody saved this plan meanwhile, so nothing was discarded. This is what they saved.")
        )
        return _kept(request, user, draft_id, status=409)
    messages.success(request, _("The draft is discarded."))
    return redirect(reverse("portal_job", args=[draft.job_id]) if draft.job_id else reverse("portal_jobs"))
