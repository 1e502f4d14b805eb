"""Publishing a plan, and a job's published versions."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from interviews.plan_forms import PublishForm, RestoreForm, shown
from interviews.services import jobs, plan_drafts, versions
from interviews.services.plan_drafts import LinterObjects, StaleDraft
from interviews.services.plan_linter import errors
from interviews.views import plan_page
from interviews.views.staff import staff

NOT_READY = (LinterObjects, jobs.VersionIncomplete, jobs.WaitsTooLong, jobs.UnknownJurisdiction)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
@plan_page.while_there
def publish(request: HttpRequest, user: User, draft_id: UUID) -> HttpResponse:
    """What publishing changes; then the publishing itself."""
    if request.method != "POST":
        return _proposal(request, user, draft_id)
    form = PublishForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("That could not be read, and nothing was published. Look at the changes again."))
        return _proposal(request, user, draft_id, status=400)
    try:
        job_id = plan_drafts.publish(draft_id=draft_id, by=user, **form.cleaned_data)
    except StaleDraft:
        messages.error(
            request, _("Somebody saved this plan meanwhile, and nothing was published. These are its changes.")
        )
        return _proposal(request, user, draft_id, status=409)
    except jobs.ChangedMeanwhile:
        messages.error(
            request,
            _("Somebody published another version meanwhile, and this one was not. Compare it with theirs first."),
        )
        return _proposal(request, user, draft_id, status=409)
    except NOT_READY:
        messages.error(request, _("Nothing was published: the plan has errors. Change what is listed below first."))
        return _proposal(request, user, draft_id, status=400)
    messages.success(request, _("The plan is published. Whoever is invited from now on gets it."))
    return plan_page.see("portal_versions", job_id)


def _proposal(request: HttpRequest, user: User, draft_id: UUID, *, status: int = 200) -> HttpResponse:
    proposal = versions.proposal(draft_id=draft_id, by=user)
    opened = proposal.opened
    names = {one.key: one.name for one in opened.working.plan.competencies}
    remarks = [
        {"severity": one.severity, "question": one.question, "message": one.message}
        | {"competency": names.get(one.competency, one.competency)}
        for one in opened.remarks
    ]
    context = {
        "proposal": proposal,
        "draft": opened.draft,
        "job": opened.draft.job,
        "plan": opened.working.plan,
        "scorecard": [{"name": one.name, "weight": shown(one.weight)} for one in opened.working.plan.competencies],
        "current": opened.current,
        "overtaken": opened.current is not None and opened.current.number != opened.draft.follows,
        "remarks": remarks,
        "stopped": bool(errors(opened.remarks)),
    }
    return render(request, "interviews/portal/plan_publish.html", context, status=status)


@require_safe
@staff
def history(request: HttpRequest, user: User, job_id: UUID) -> HttpResponse:
    """A job's versions, what changed between two of them, and what rolling back to the older one would undo."""
    chosen = {name: _number(request.GET.get(name, "")) for name in ("older", "newer")}
    found = versions.history(job_id=job_id, by=user, **chosen)
    wanted, older = _number(request.GET.get("restore", "")), found.older
    restoring = user.may(Permission.MANAGE_JOBS) and older is not None and older.version.number == wanted
    context = {"history": found, "job": found.job, "tab": "versions", "restoring": restoring}
    return render(request, "interviews/portal/versions.html", context)


@require_POST
@staff
def restore(request: HttpRequest, user: User, job_id: UUID, number: int) -> HttpResponse:
    """Publish an earlier version's plan again."""
    form = RestoreForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("That could not be read, and nothing was published. Try once more."))
        return plan_page.see("portal_versions", job_id)
    try:
        version = plan_drafts.restore(job_id=job_id, number=number, by=user, **form.cleaned_data)
    except jobs.ChangedMeanwhile:
        messages.error(request, _("Somebody published another version meanwhile, and nothing was rolled back."))
    except NOT_READY:
        messages.error(
            request, _("Today's checks find errors in that version. Edit the plan, and publish it without them.")
        )
    else:
        said = _("Version %(number)s is published: it has the plan of version %(restored)s.")
        messages.success(request, said % {"number": version.number, "restored": number})
    return plan_page.see("portal_versions", job_id)


def _number(given: str) -> int:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
